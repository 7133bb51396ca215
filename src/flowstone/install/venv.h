// A virtual environment as Python means it: a directory with a pyvenv.cfg, a bin/python that leads
// to an interpreter, and site-packages of its own.
#pragma once

#include <cstdint>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/install/interpreter.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

enum class VenvPlace : std::uint8_t {
  kVacant,  // nothing is there, or an empty directory
  kVenv,
};

// kInvalid when something else is there: it is somebody's, and stays as it is. kNotFound when it is
// a virtual environment whose interpreter is gone.
Result<VenvPlace> LookAtVenv(os::FileSystem& filesystem, const std::string& directory);

// Makes pyvenv.cfg and the links to the interpreter in `directory`, which has bin/ and
// LibraryDirectory() already and none of these.
Status MakeVenv(os::FileSystem& filesystem, const std::string& directory,
                const Interpreter& interpreter);

// Makes `directory` a virtual environment for people: MakeVenv, what shells source to activate it,
// and a .gitignore that leaves it out. It is going to be renamed to `destination`.
Status MakeVenvForPeople(os::FileSystem& filesystem, const std::string& directory,
                         const Interpreter& interpreter, const std::string& destination);

}  // namespace flowstone::install
