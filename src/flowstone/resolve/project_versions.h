// ProjectVersions: the releases of a project as the solver sees them: in ascending order, each with
// the files that the scope can use and the policies allow, or the reason why there is none.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/index/package_index.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/resolve/direct_wishes.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/scope.h"
#include "flowstone/solve/ids.h"

namespace flowstone::resolve {

struct UsableWheel {
  const index::IndexFile* file;  // in ProjectVersions::files
  std::size_t priority;          // of its best tag, 0 being the best
  pypi::BuildTag build;
};

struct ProjectVersion {
  pypi::Version version;
  std::vector<UsableWheel> wheels = {};      // best first
  const index::IndexFile* source = nullptr;  // in ProjectVersions::files; null when not usable
  std::string unusable = {};                 // why there is neither; empty when there is one

  // The file whose metadata counts for the release; null when it is unusable.
  const index::IndexFile* MetadataFile() const {
    return wheels.empty() ? source : wheels.front().file;
  }
};

struct ProjectVersions {
  std::shared_ptr<const index::ProjectFiles> files;
  std::vector<ProjectVersion> versions = {};    // ascending
  std::vector<solve::Ordinal> preference = {};  // all of them, the one to try first first
  // The same when requirements of the project admit pre-releases; empty when that is no difference.
  std::vector<solve::Ordinal> prerelease_preference = {};
  std::string absence = {};  // a predicate, when there is no version at all
};

// What is known about a project before it is read.
struct ProjectHistory {
  std::vector<pypi::Version> preferred = {};  // to take while nothing speaks against it, in order
  // With YankedMode::kPinnedAnywhere: those that turned out to be pinned by nothing.
  std::vector<pypi::Version> unpinned = {};
};

ProjectVersions ReadProjectVersions(std::shared_ptr<const index::ProjectFiles> files,
                                    const ResolveRequest& request, const Scope& scope,
                                    const DirectWishes& wishes, const ProjectHistory& history);

}  // namespace flowstone::resolve
