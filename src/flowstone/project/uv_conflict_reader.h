// ReadUvConflicts: what `[tool.uv] conflicts` says cannot be installed together:
// [[{ extra = "cpu" }, { extra = "gpu" }], [{ package = "web" }, { package = "jobs" }]]. Internal
// to this module: it shows toml++.
#pragma once

#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/toml_table.h"
#include "flowstone/project/uv_table.h"

namespace flowstone::project {

// Empty when the key is absent.
Result<std::vector<ConflictingParts>> ReadUvConflicts(const lock::TomlTable& uv);

}  // namespace flowstone::project
