#include "flowstone/resolve/lock_builder.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/error.h"
#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/index/project_page.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/target_text.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/target.h"
#include "flowstone/resolve/request_record.h"
#include "flowstone/resolve/wheel_fit.h"
#include "flowstone/solve/ids.h"

namespace flowstone::resolve {
namespace {

// "sys_platform == 'linux' and platform_machine == 'x86_64' and …": where the lock may be
// installed.
Result<pypi::Marker> EnvironmentMarker(const pypi::Target& target) {
  pypi::Marker marker;
  const std::pair<const char*, const std::string*> facts[] = {
      {"implementation_name", &target.markers.implementation_name},
      {"sys_platform", &target.markers.sys_platform},
      {"platform_machine", &target.markers.platform_machine}};
  for (const auto& [variable, value] : facts) {
    if (!value->empty()) {
      FLOWSTONE_LET(const pypi::Marker fact,
                    pypi::Marker::Parse(std::string(variable) + " == \"" + *value + "\""));
      marker = marker.is_always() ? fact : pypi::Marker::And(marker, fact);
    }
  }
  return marker;
}

// What the index says of a project that was chosen from it: PEP 792, and entries that it could not
// give.
void WarnOfProject(const index::ProjectFiles& files, std::vector<std::string>& warnings) {
  const std::string reason = files.status_reason.empty() ? "" : ": " + files.status_reason;
  if (files.status == index::ProjectStatus::kDeprecated) {
    warnings.push_back(files.name.ToString() + " is deprecated" + reason);
  } else if (files.status == index::ProjectStatus::kArchived) {
    warnings.push_back(files.name.ToString() + " is archived: no new releases are expected" +
                       reason);
  }
  if (!files.warnings.empty()) {
    const std::size_t others = files.warnings.size() - 1;
    warnings.push_back("the page of " + files.name.ToString() + ": " + files.warnings.front() +
                       (others == 0 ? "" : " (and " + std::to_string(others) + " more)"));
  }
}

// Where a version is from: the index of the file that it was judged by; of one from find-links,
// that of another file of the version. Nothing when all of them are from find-links: no index has
// them.
std::string IndexOf(const index::ProjectFiles& files, const index::IndexFile& judged,
                    const ProjectVersion& version) {
  if (files.sources.empty()) {
    return files.index;
  }
  const auto index_of = [&](const index::IndexFile& file) -> const std::string& {
    return files.sources.at(file.source).location;
  };
  const std::string* found = &index_of(judged);
  for (const UsableWheel& wheel : version.wheels) {
    found = found->empty() ? &index_of(wheel.file) : found;
  }
  return found->empty() && version.source ? index_of(*version.source) : *found;
}

// What may have been meant instead of an extra that a release does not have.
std::string ExtrasText(const pypi::ExtraName& wanted, const ReleaseMetadata& metadata) {
  std::vector<std::string> extras;
  for (std::size_t i = 0; i < metadata.parsed.extra_count(); ++i) {
    extras.emplace_back(metadata.parsed.extra(i));
  }
  const std::optional<std::string> nearest = NearestSpelling(wanted.ToString(), extras);
  return nearest ? "; did you mean '" + *nearest + "'?" : "";
}

class Builder {
 public:
  Builder(const solve::Solution& solution, const IndexProvider& provider, YankedMode yanked)
      : provider_(provider), yanked_(yanked) {
    for (const auto& [package, candidate] : solution.selected) {
      const Subject& subject = provider.vocabulary()[package];
      if (subject.extra.empty()) {
        projects_.emplace(subject.name, std::pair(package, candidate));
      } else {
        extras_[subject.name].insert(subject.extra);
      }
    }
  }

  Result<std::vector<lock::LockedPackage>> Packages() const {
    std::vector<lock::LockedPackage> packages;
    packages.reserve(projects_.size());
    for (const auto& [name, selected] : projects_) {
      FLOWSTONE_LET(lock::LockedPackage package, Package(name, selected.first, selected.second));
      packages.push_back(std::move(package));
    }
    return packages;
  }

  std::vector<std::string> Warnings() const {
    std::vector<std::string> warnings;
    for (const auto& [name, selected] : projects_) {
      const ProjectVersions& project = provider_.Versions(selected.first);
      const ProjectVersion& version = project[selected.second];
      const auto title = [&, &name = name] {
        return name.ToString() + " " + version.version.ToString();
      };
      const ReleaseMetadata& metadata = provider_.Metadata(selected.first, selected.second);
      for (const pypi::ExtraName& extra : ExtrasOf(name)) {
        if (!metadata.HasExtra(extra)) {
          warnings.push_back(title() + " has no extra '" + extra.ToString() + "'" +
                             ExtrasText(extra, metadata));
        }
      }
      if (const index::IndexFile& file = *version.MetadataFile(); CountsAsYanked(file, yanked_)) {
        warnings.push_back(title() + " is yanked" +
                           (file.yanked->empty() ? "" : ": " + *file.yanked));
      }
      WarnOfProject(project.files(), warnings);
    }
    return warnings;
  }

 private:
  using Selected = std::pair<solve::PackageId, solve::Ordinal>;

  std::set<pypi::ExtraName> ExtrasOf(const pypi::Name& name) const {
    const auto found = extras_.find(name);
    return found == extras_.end() ? std::set<pypi::ExtraName>() : found->second;
  }

  Result<lock::LockedPackage> Package(const pypi::Name& name, solve::PackageId package,
                                      solve::Ordinal candidate) const {
    const ProjectVersions& project = provider_.Versions(package);
    const ProjectVersion& version = project[candidate];
    const ReleaseMetadata& metadata = provider_.Metadata(package, candidate);
    lock::LockedPackage locked{.name = name, .version = version.version};
    // An upper bound that was ignored must not stop the installation.
    if (provider_.scope().AcceptsPython(*metadata.requires_python, UpperPythonBound::kObey)) {
      locked.requires_python = *metadata.requires_python;
    }
    locked.dependencies = Dependencies(name, metadata);
    locked.index = IndexOf(project.files(), project.MetadataFile(candidate), version);
    for (const UsableWheel& wheel : version.wheels) {
      FLOWSTONE_LET(lock::LockedFile file, File(wheel.file));
      locked.wheels.push_back(std::move(file));
    }
    if (version.source) {
      FLOWSTONE_LET(locked.sdist, File(*version.source));
    }
    return locked;
  }

  std::vector<lock::LockedDependency> Dependencies(const pypi::Name& name,
                                                   const ReleaseMetadata& metadata) const {
    const std::set<pypi::ExtraName> extras = ExtrasOf(name);
    std::set<pypi::Name> names;
    metadata.EachDependency(AlwaysAndWith(extras), [&](const ReleaseDependency& dependency) {
      if (dependency.name() != name) {
        names.insert(dependency.name());
      }
    });
    std::vector<lock::LockedDependency> dependencies;
    dependencies.reserve(names.size());
    for (const pypi::Name& dependency : names) {
      dependencies.push_back({dependency});
    }
    return dependencies;
  }

  static Result<lock::LockedFile> File(const index::IndexFile& file) {
    if (!file.sha256) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "the index gives no sha256 of " + file.filename,
                   .hints = {"use an index that does: nothing is installed unverified"}};
    }
    lock::LockedFile locked{.name = file.filename,
                            .url = file.url,
                            .size = file.size,
                            .upload_time_us = file.upload_time_us};
    locked.hashes.emplace("sha256", file.sha256->ToString());
    return locked;
  }

  const IndexProvider& provider_;
  const YankedMode yanked_;
  std::map<pypi::Name, Selected> projects_;
  std::map<pypi::Name, std::set<pypi::ExtraName>> extras_;
};

// One interpreter on one platform.
Status RestrictTo(const pypi::Target& target, lock::Lock& lock) {
  FLOWSTONE_LET(pypi::Marker environment, EnvironmentMarker(target));
  if (!environment.is_always()) {
    lock.environments.push_back(std::move(environment));
  }
  const pypi::Version& python = target.python_full_version;
  FLOWSTONE_LET(lock.requires_python,
                pypi::SpecifierSet::Parse("==" + std::to_string(python.release(0)) + "." +
                                          std::to_string(python.release(1)) + ".*"));
  return Ok();
}

}  // namespace

Result<Resolution> BuildLock(const solve::Solution& solution, const IndexProvider& provider,
                             const ResolveRequest& request, const ResolveOptions& options) {
  const Builder builder(solution, provider, request.policies.yanked);
  Resolution resolution;
  lock::Lock& lock = resolution.lock;
  FLOWSTONE_LET(lock.packages, builder.Packages());
  if (!request.universal) {
    FLOWSTONE_TRY(RestrictTo(request.target, lock));
  }
  lock.tool = RecordOf(request);
  lock.tool->version = options.flowstone_version;
  lock.tool->requested = provider.wishes().RequiredNames();
  for (const auto& [name, url] : options.index_names) {
    const bool is_used = std::ranges::any_of(
        lock.packages, [&](const lock::LockedPackage& package) { return package.index == url; });
    if (is_used) {
      lock.tool->indexes.emplace(name, url);
    }
  }
  resolution.warnings = builder.Warnings();
  resolution.statistics = solution.statistics;
  return resolution;
}

}  // namespace flowstone::resolve
