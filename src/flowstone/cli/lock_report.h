// What commands say of locks, as text and as JSON: how two of them differ (`diff`, `environment
// diff`, `lock --check`), and what a new one took (`lock -v`).
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

#include "flowstone/app/environment_service.h"
#include "flowstone/lock/lock_diff.h"

namespace flowstone::cli {

// "changed rich 13.9.4 -> 15.0.0".
std::string ChangeText(const lock::PackageDifference& package);
// One line for each input and each package, with the reasons of its change; empty when nothing
// differs.
std::string DifferenceText(const lock::LockDifference& difference);
// The document of `--json`, indented, without a trailing newline.
std::string DifferenceJson(const lock::LockDifference& difference);

// What resolving took, for `-v`: what was counted in one line, where the time went in another.
std::string CountersText(const app::ResolveCounters& counters);
nlohmann::json CountersJson(const app::ResolveCounters& counters);

}  // namespace flowstone::cli
