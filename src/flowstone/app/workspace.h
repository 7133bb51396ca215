// Workspace: the projects that are developed together, as `[tool.uv.workspace]` of the one at their
// root lists them. A source `{ workspace = true }` means the member of that name.
#pragma once

#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/project/uv_table.h"

namespace flowstone::app {

// The members of the workspace that holds the project in `directory` (absolute), whose table is
// `table`. Nothing is searched, and there are none, when no source of the table means one. kInvalid
// when two members have one name.
Result<project::WorkspaceMembers> WorkspaceOf(os::FileSystem& filesystem,
                                              const project::UvTable& table,
                                              const std::string& directory);

}  // namespace flowstone::app
