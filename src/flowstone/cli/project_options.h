// ProjectOptions: what `[tool.flowstone]` of the project says (project/project_settings.h), in
// place of options that nobody gave: neither on the command line nor in a variable.
#pragma once

#include <optional>
#include <string>

#include "flowstone/app/machine.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/argument_parser.h"
#include "flowstone/cli/console.h"
#include "flowstone/project/project_settings.h"

namespace flowstone::cli {

// Puts the settings of the project around `directory` (absolute) into `arguments`, as far as the
// command that they are for has such options; looks for no file when it has none. With --verbose
// it says which settings count. kInvalid, naming file and line, for settings that cannot be.
Status ApplyProjectSettings(const app::Machine& machine, const std::string& directory,
                            const CommandSpec& root, Console& console, ParsedArguments& arguments);

// "pyproject.toml:12: tool.flowstone.resolution = lowest", for people.
std::string SettingText(const project::ProjectSetting& setting);

}  // namespace flowstone::cli
