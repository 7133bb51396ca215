#include "flowstone/resolve/project_versions.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/lock/target_text.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/resolve/direct_wishes.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/wheel_fit.h"
#include "flowstone/solve/ids.h"

namespace flowstone::resolve {
namespace {

struct PublishedWheel {
  const index::IndexFile* file;
  pypi::WheelName name;
};

// The files of one version, before anything is asked of them.
struct Release {
  pypi::Version version;
  std::vector<PublishedWheel> wheels;
  bool has_source = false;
};

// Ordered by value; of several spellings of one version the first counts.
using Releases = std::map<pypi::Version, Release>;

class Reader {
 public:
  Reader(const ResolveRequest& request, const DirectWishes& wishes, const pypi::Name& name)
      : request_(request), wishes_(wishes), name_(name) {}

  Releases Collect(const std::vector<index::IndexFile>& files) const {
    Releases releases;
    for (const index::IndexFile& file : files) {
      if (request_.exclude_newer_us &&
          (!file.upload_time_us || *file.upload_time_us >= *request_.exclude_newer_us)) {
        continue;
      }
      if (file.filename.ends_with(".whl")) {
        if (Result<pypi::WheelName> wheel = pypi::WheelName::Parse(file.filename);
            wheel && wheel->name == name_) {
          Release& release = ReleaseOf(releases, wheel->version);
          release.wheels.push_back({&file, *std::move(wheel)});
        }
      } else if (const auto sdist = pypi::SdistName::ParseFor(name_, file.filename)) {
        ReleaseOf(releases, sdist->version).has_source = true;
      }
    }
    return releases;
  }

  ProjectVersion Judge(Release release, const std::string& prerelease_objection) const {
    ProjectVersion version{.version = std::move(release.version)};
    if (version.version.is_prerelease() && !prerelease_objection.empty()) {
      version.unusable = prerelease_objection;
      return version;
    }
    Rejections rejections;
    for (PublishedWheel& wheel : release.wheels) {
      Consider(std::move(wheel), version, rejections);
    }
    std::ranges::stable_sort(version.wheels, [](const UsableWheel& a, const UsableWheel& b) {
      return a.priority != b.priority ? a.priority < b.priority : b.build < a.build;
    });
    if (version.wheels.empty()) {
      version.unusable = Explain(release, rejections);
    }
    return version;
  }

  // Why pre-releases of the project may not be used; empty when they may.
  std::string PrereleaseObjection(const Releases& releases) const {
    const PrereleaseMode mode = request_.policies.prereleases;
    if (mode == PrereleaseMode::kDisallow) {
      return "pre-releases are not allowed";
    }
    const bool wants_explicit =
        mode == PrereleaseMode::kExplicit || mode == PrereleaseMode::kIfNecessaryOrExplicit;
    if (!wants_explicit || wishes_.NamesPrerelease(name_)) {
      return "";
    }
    const bool has_final = std::ranges::any_of(
        releases, [](const auto& entry) { return !entry.first.is_prerelease(); });
    if (mode == PrereleaseMode::kIfNecessaryOrExplicit && !has_final) {
      return "";
    }
    return "pre-releases are allowed only where a requirement names one";
  }

 private:
  // Why wheels were left out.
  struct Rejections {
    std::vector<pypi::TagSet> tags;
    std::string python;
    std::optional<std::string> yanked;
  };

  static Release& ReleaseOf(Releases& releases, const pypi::Version& version) {
    return releases.try_emplace(version, Release{version, {}, false}).first->second;
  }

  void Consider(PublishedWheel wheel, ProjectVersion& version, Rejections& rejections) const {
    const std::optional<std::size_t> priority = request_.target.tags.Priority(wheel.name.tags);
    if (!priority) {
      rejections.tags.push_back(std::move(wheel.name.tags));
      return;
    }
    if (!FitsPython(*wheel.file)) {
      rejections.python = *wheel.file->requires_python;
      return;
    }
    const bool may_be_yanked =
        request_.policies.yanked == YankedMode::kAllow || wishes_.Pins(name_, version.version);
    if (wheel.file->yanked && !may_be_yanked) {
      rejections.yanked = wheel.file->yanked;
      return;
    }
    version.wheels.push_back({wheel.file, *priority, std::move(wheel.name.build)});
  }

  // A value that cannot be read is no reason to refuse a release: its metadata has the last word.
  bool FitsPython(const index::IndexFile& file) const {
    if (!file.requires_python) {
      return true;
    }
    const auto requires_python = pypi::ParseSpecifiersLeniently(*file.requires_python);
    return !requires_python || AcceptsPython(requires_python->value, request_.target,
                                             request_.policies.upper_python_bound);
  }

  // The reason that came nearest to fitting.
  std::string Explain(const Release& release, const Rejections& rejections) const {
    if (rejections.yanked) {
      return rejections.yanked->empty() ? "yanked" : "yanked (" + *rejections.yanked + ")";
    }
    if (!rejections.python.empty()) {
      return "it needs Python " + rejections.python + ", and the target has " +
             request_.target.python_full_version.ToString();
    }
    if (!rejections.tags.empty()) {
      return "no wheel fits " + lock::DescribeTarget(request_.target) + "; " +
             DescribeMisfit(rejections.tags, request_.target);
    }
    return release.has_source ? "it has no wheel, only its source" : "it has no wheel";
  }

  const ResolveRequest& request_;
  const DirectWishes& wishes_;
  const pypi::Name& name_;
};

// The order in which versions are tried.
std::vector<solve::Ordinal> PreferenceOrder(const std::vector<ProjectVersion>& versions,
                                            const pypi::Name& name, const ResolveRequest& request,
                                            const DirectWishes& wishes,
                                            const std::optional<pypi::Version>& preferred) {
  const ResolvePolicies& policies = request.policies;
  const bool wants_lowest =
      policies.resolution == ResolutionMode::kLowest ||
      (policies.resolution == ResolutionMode::kLowestDirect && wishes.IsRequired(name));
  const bool treats_prereleases_alike =
      policies.prereleases == PrereleaseMode::kAllow ||
      policies.prereleases == PrereleaseMode::kExplicit ||
      policies.prereleases == PrereleaseMode::kIfNecessaryOrExplicit ||
      (policies.prereleases == PrereleaseMode::kPep440 && wishes.NamesPrerelease(name));
  std::vector<solve::Ordinal> order(versions.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<solve::Ordinal>(wants_lowest ? i : order.size() - 1 - i);
  }
  const auto rank = [&](solve::Ordinal ordinal) {
    const pypi::Version& version = versions[ordinal].version;
    if (preferred && version == *preferred) {
      return 0;
    }
    return version.is_prerelease() && !treats_prereleases_alike ? 2 : 1;
  };
  std::ranges::stable_sort(order, {}, rank);
  return order;
}

std::string AbsenceOf(const index::ProjectFiles& files, const ResolveRequest& request) {
  if (!files.found) {
    return "was not found in any index";
  }
  if (files.status == index::ProjectStatus::kQuarantined) {
    return "is quarantined by its index";
  }
  if (request.exclude_newer_us && !files.files.empty()) {
    return "has no release older than " + lock::FormatTimestamp(*request.exclude_newer_us);
  }
  return "has no releases";
}

}  // namespace

ProjectVersions ReadProjectVersions(std::shared_ptr<const index::ProjectFiles> files,
                                    const ResolveRequest& request, const DirectWishes& wishes,
                                    const std::optional<pypi::Version>& preferred) {
  ProjectVersions project{.files = std::move(files)};
  const Reader reader(request, wishes, project.files->name);
  Releases releases = reader.Collect(project.files->files);
  const std::string prerelease_objection = reader.PrereleaseObjection(releases);
  project.versions.reserve(releases.size());
  for (auto& [version, release] : releases) {
    project.versions.push_back(reader.Judge(std::move(release), prerelease_objection));
  }
  if (project.versions.empty()) {
    project.absence = AbsenceOf(*project.files, request);
  }
  project.preference =
      PreferenceOrder(project.versions, project.files->name, request, wishes, preferred);
  return project;
}

}  // namespace flowstone::resolve
