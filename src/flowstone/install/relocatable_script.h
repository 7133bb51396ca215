// Scripts that find their interpreter beside themselves, so that one file serves every environment
// that links it, wherever that lies. A script is at once a shell script, which looks up the
// `python` in its own directory, and the Python program that this one then runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flowstone/pypi/entry_points.h"

namespace flowstone::install {

// The program that calls the entry point.
std::string EntryPointScript(const pypi::Script& script);

// `content` with its `#!python` or `#!pythonw` line replaced; nothing when it does not start so.
std::optional<std::string> RelocateScript(std::string_view content);

// Whether a script of that name would stand in for an interpreter: "python", "Python3.11",
// "pypy3"… Compared without case.
bool IsReservedScriptName(std::string_view name);
// Whether it is called like what people source to enter a virtual environment: "activate",
// "Activate.ps1"…
bool IsActivationScriptName(std::string_view name);

}  // namespace flowstone::install
