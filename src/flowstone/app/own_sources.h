// OwnSources: what `[tool.uv.sources]` of a project on this machine says about where its own
// dependencies come from: other directories, members of its workspace, repositories.
#pragma once

#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::app {

// The METADATA of the project in `directory`, in which each requirement that has a source names it.
// Sources for single extras and indexes have no place in METADATA and are left out.
Result<std::string> WithOwnSources(os::FileSystem& filesystem, const std::string& directory,
                                   const std::string& metadata);

}  // namespace flowstone::app
