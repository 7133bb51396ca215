// Conflicts among the projects, extras and groups that are locked together, as `[tool.uv]
// conflicts` of their documents and of their workspace declare them.
#pragma once

#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/lock_choice.h"
#include "flowstone/project/pyproject.h"
#include "flowstone/project/uv_table.h"

namespace flowstone::app {

// Of each conflict the extras and groups that were chosen, where they are two or more. kInvalid
// where a lock could not leave the choice open: whole projects that conflict, or extras of one name
// of several projects.
Result<std::vector<lock::ConflictingChoices>> ConflictsAmong(
    const std::vector<project::ConflictingParts>& conflicts,
    const std::vector<project::ProjectPart>& chosen);

}  // namespace flowstone::app
