// Workspace: the projects that are developed together, as `[tool.uv.workspace]` of the one at their
// root lists them. A source `{ workspace = true }` means the member of that name; what the root
// says holds for its members too.
#pragma once

#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/project/pyproject.h"

namespace flowstone::app {

// Gives the table of the project in `directory` (absolute) what its workspace adds: members, where
// one of its sources means one, sources of the root for what has none of its own, and the root's
// conflicts, constraints, overrides, excludes and rules of builds. The root is looked for up to the
// directory `top`. kInvalid when two members have one name.
Status JoinWorkspace(os::FileSystem& filesystem, const std::string& directory,
                     const std::string& top, project::PyProject& document);

// The root of the workspace that the project in `directory` is a member of, or else the directory.
std::string WorkspaceRootOf(os::FileSystem& filesystem, const std::string& directory);

}  // namespace flowstone::app
