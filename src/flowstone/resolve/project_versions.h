// ProjectVersions: the releases of a project as the solver sees them: in ascending order, each with
// the wheels that the target can use or the reason why there is none.
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
#include "flowstone/solve/ids.h"

namespace flowstone::resolve {

struct UsableWheel {
  const index::IndexFile* file;  // in ProjectVersions::files
  std::size_t priority;          // of its best tag, 0 being the best
  pypi::BuildTag build;
};

struct ProjectVersion {
  pypi::Version version;
  std::vector<UsableWheel> wheels = {};  // best first
  std::string unusable = {};             // why there is none; empty when there is one
};

struct ProjectVersions {
  std::shared_ptr<const index::ProjectFiles> files;
  std::vector<ProjectVersion> versions = {};    // ascending
  std::vector<solve::Ordinal> preference = {};  // all of them, the one to try first first
  std::string absence = {};                     // a predicate, when there is no version at all
};

ProjectVersions ReadProjectVersions(std::shared_ptr<const index::ProjectFiles> files,
                                    const ResolveRequest& request, const DirectWishes& wishes,
                                    const std::optional<pypi::Version>& preferred);

}  // namespace flowstone::resolve
