// ReadConflicts: extras and groups that conflict, as a lock has them:
// [[{ extra = "cpu" }, { extra = "gpu" }]]. Internal to those who read TOML: it shows toml++.
#pragma once

#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/lock_choice.h"
#include "flowstone/lock/toml_table.h"

namespace flowstone::lock {

// Empty when the key is absent.
Result<std::vector<ConflictingChoices>> ReadConflicts(const TomlTable& table, std::string_view key);

}  // namespace flowstone::lock
