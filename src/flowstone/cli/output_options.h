// The options that say how much is printed and how: --quiet, --verbose, --color, --no-progress; and
// those that say where packages come from.
#pragma once

#include <memory>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/machine.h"
#include "flowstone/cli/argument_parser.h"
#include "flowstone/cli/console.h"
#include "flowstone/cli/progress_display.h"
#include "flowstone/cli/run_console.h"

namespace flowstone::cli {

// kInvalid for a colour choice that is none.
Status ApplyOutputOptions(const ParsedArguments& arguments, const os::Environment& environment,
                          Console& console);
Verbosity VerbosityOf(const ParsedArguments& arguments);
// Draws on standard error as the console and the options allow. `console` and `clock` outlive it.
std::unique_ptr<ProgressSink> MakeProgress(const ParsedArguments& arguments, Console& console,
                                           os::Clock& clock);

// --index-url, --offline, --exclude-newer and the like. `launcher` is the launching interpreter, or
// empty; durations count from now; `console` outlives the settings. kInvalid names the option that
// is wrong.
Result<app::EnvironmentSettings> EnvironmentSettingsOf(const ParsedArguments& arguments,
                                                       const std::string& launcher,
                                                       Console& console, os::Clock& clock);

// Prints the error; returns the exit status that it means: 2 for wrong input, 130 when it was
// interrupted, else 1.
int ReportFailure(Console& console, const Error& error);
// The same, and with --json the error as data on standard output.
int ReportFailure(Console& console, const ParsedArguments& arguments, const Error& error);

// A whole number from `low` on; kInvalid names the option.
Result<std::int64_t> NumberOf(const ParsedArguments& arguments, const std::string& key,
                              std::int64_t default_value, std::int64_t low);

}  // namespace flowstone::cli
