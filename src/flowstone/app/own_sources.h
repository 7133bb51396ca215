// OwnSources: what `[tool.uv.sources]` of a project says about where its own dependencies come
// from: other directories, members of its workspace, repositories.
#pragma once

#include <optional>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::app {

// What lies around a project: all of this machine, or the checkout of a repository. Directories of
// a checkout are directories of the repository at the same commit, and nothing lies outside.
struct ProjectSurroundings {
  std::string top = "/";
  std::optional<build::DirectReference> repository = {};
};

// The METADATA of the project in `directory`, in which each requirement that has a source names it.
// Sources for single extras and indexes have no place in METADATA and are left out. kInvalid for a
// source that leads out of the surroundings.
Result<std::string> WithOwnSources(os::FileSystem& filesystem, const std::string& directory,
                                   const ProjectSurroundings& surroundings,
                                   const std::string& metadata);

}  // namespace flowstone::app
