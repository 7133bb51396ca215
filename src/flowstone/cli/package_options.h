// The options that say where packages come from, in the command lines of flows and of the engine.
#pragma once

#include <array>

#include "flowstone/app/package_connection.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/argument_parser.h"

namespace flowstone::cli {

// Keys of the option table: which indexes there are, and how to reach them.
inline constexpr std::array kIndexOptions = {
    "index-url", "extra-index-url", "index-for", "index-strategy",  "find-links",
    "no-index",  "trusted-host",    "cert",      "keyring-provider"};
// Those, and how much of what is cached may be used.
inline constexpr std::array kPackageOptions = {
    "index-url",       "extra-index-url", "index-for", "index-strategy",
    "find-links",      "no-index",        "offline",   "refresh",
    "refresh-package", "trusted-host",    "cert",      "keyring-provider"};

// kInvalid for a name that is none. What the variables behind the options say is read later, with
// the configuration files.
Result<app::PackageConnection::Options> PackageOptionsOf(const ParsedArguments& arguments);

}  // namespace flowstone::cli
