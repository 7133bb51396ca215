// The options that say where interpreters come from that are not installed.
#pragma once

#include <array>

#include "flowstone/app/python_supply.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/argument_parser.h"
#include "flowstone/cli/console.h"

namespace flowstone::cli {

// Keys of the option table.
inline constexpr std::array kPythonOptions = {"python-downloads", "no-python-downloads",
                                              "python-mirror", "python-builds", "managed-python"};

// kInvalid for a choice that is none. Without a choice, commands that need an interpreter download
// one. `console` outlives the settings, which say on it whom a command waits for.
Result<app::PythonSettings> PythonSettingsOf(const ParsedArguments& arguments, Console& console);

}  // namespace flowstone::cli
