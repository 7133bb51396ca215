// The options that say what may be built and within which limits, in the command lines of flows and
// of the engine. Building runs code of whoever published the source, so nothing is built unless
// somebody named it.
#pragma once

#include <array>

#include "flowstone/app/environment_service.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/argument_parser.h"

namespace flowstone::cli {

// Keys of the option table.
inline constexpr std::array kBuildOptions = {
    "build",        "allow-build",   "static-sources",  "build-timeout",
    "build-memory", "build-network", "config-settings", "config-settings-package"};

// Puts them into the settings. kInvalid for a name or a number that is none.
Status ApplyBuildOptions(const ParsedArguments& arguments, app::EnvironmentSettings& settings);

}  // namespace flowstone::cli
