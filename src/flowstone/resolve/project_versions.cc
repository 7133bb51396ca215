#include "flowstone/resolve/project_versions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/resolve/direct_wishes.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/scope.h"
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
  std::vector<const index::IndexFile*> sources;
};

// Ordered by value; of several spellings of one version the first counts.
using Releases = std::map<pypi::Version, Release>;

class Reader {
 public:
  Reader(const ResolveRequest& request, const Scope& scope, const DirectWishes& wishes,
         const pypi::Name& name, const ProjectHistory& history)
      : request_(request),
        scope_(scope),
        wishes_(wishes),
        name_(name),
        history_(history),
        exclude_newer_us_(request.ExcludeNewerUs(name)),
        binaries_(request.policies.binaries.For(name)) {}

  Releases Collect(const std::vector<index::IndexFile>& files) const {
    Releases releases;
    for (const index::IndexFile& file : files) {
      if (exclude_newer_us_ &&
          (!file.upload_time_us || *file.upload_time_us >= *exclude_newer_us_)) {
        continue;
      }
      if (file.filename.ends_with(".whl")) {
        if (Result<pypi::WheelName> wheel = pypi::WheelName::Parse(file.filename);
            wheel && wheel->name == name_) {
          Release& release = ReleaseOf(releases, wheel->version);
          release.wheels.push_back({&file, *std::move(wheel)});
        }
      } else if (const auto sdist = pypi::SdistName::ParseFor(name_, file.filename)) {
        ReleaseOf(releases, sdist->version).sources.push_back(&file);
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
    if (binaries_ != BinaryPolicy::kNoWheels) {
      for (PublishedWheel& wheel : release.wheels) {
        Consider(std::move(wheel), version, rejections);
      }
    }
    if (binaries_ != BinaryPolicy::kOnlyWheels) {
      version.source = ChooseSource(release, version.version, rejections);
    }
    std::ranges::stable_sort(version.wheels, [](const UsableWheel& a, const UsableWheel& b) {
      return a.priority != b.priority ? a.priority < b.priority : b.build < a.build;
    });
    if (version.MetadataFile() == nullptr) {
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
  // Why files were left out.
  struct Rejections {
    std::vector<pypi::TagSet> tags;
    std::string python;
    std::optional<std::string> yanked;
    std::string hash;
  };

  static Release& ReleaseOf(Releases& releases, const pypi::Version& version) {
    return releases.try_emplace(version, Release{version, {}, {}}).first->second;
  }

  void Consider(PublishedWheel wheel, ProjectVersion& version, Rejections& rejections) const {
    const std::optional<std::size_t> priority = scope_.WheelPriority(wheel.name.tags);
    if (!priority) {
      rejections.tags.push_back(std::move(wheel.name.tags));
      return;
    }
    if (IsAllowed(*wheel.file, version.version, rejections)) {
      version.wheels.push_back({wheel.file, *priority, std::move(wheel.name.build)});
    }
  }

  // The first gzipped tar archive, which every tool reads, or the first archive.
  const index::IndexFile* ChooseSource(const Release& release, const pypi::Version& version,
                                       Rejections& rejections) const {
    const index::IndexFile* chosen = nullptr;
    for (const index::IndexFile* file : release.sources) {
      const bool is_better = chosen == nullptr || (file->filename.ends_with(".tar.gz") &&
                                                   !chosen->filename.ends_with(".tar.gz"));
      if (is_better && IsAllowed(*file, version, rejections)) {
        chosen = file;
      }
    }
    return chosen;
  }

  // What is asked of wheels and sources alike.
  bool IsAllowed(const index::IndexFile& file, const pypi::Version& version,
                 Rejections& rejections) const {
    if (!FitsPython(file)) {
      rejections.python = *file.requires_python;
      return false;
    }
    if (file.yanked && !MayBeYanked(version)) {
      rejections.yanked = file.yanked;
      return false;
    }
    if (std::string objection = wishes_.HashObjection(name_, file); !objection.empty()) {
      rejections.hash = std::move(objection);
      return false;
    }
    return true;
  }

  bool MayBeYanked(const pypi::Version& version) const {
    switch (request_.policies.yanked) {
      case YankedMode::kAllow:
        return true;
      case YankedMode::kPinnedAnywhere:
        return std::ranges::find(history_.unpinned, version) == history_.unpinned.end();
      case YankedMode::kPinnedDirectly:
        return wishes_.Pins(name_, version);
    }
    return false;
  }

  // A value that cannot be read is no reason to refuse a release: its metadata has the last word.
  bool FitsPython(const index::IndexFile& file) const {
    if (!file.requires_python) {
      return true;
    }
    const auto requires_python = pypi::ParseSpecifiersLeniently(*file.requires_python);
    return !requires_python ||
           scope_.AcceptsPython(requires_python->value, request_.policies.upper_python_bound);
  }

  // The reason that came nearest to fitting.
  std::string Explain(const Release& release, const Rejections& rejections) const {
    if (rejections.yanked) {
      return rejections.yanked->empty() ? "yanked" : "yanked (" + *rejections.yanked + ")";
    }
    if (!rejections.hash.empty()) {
      return rejections.hash;
    }
    if (!rejections.python.empty()) {
      return "it needs Python " + rejections.python + ", and " + scope_.PythonText();
    }
    if (!rejections.tags.empty()) {
      return "no wheel fits " + scope_.Description() + "; " + scope_.Misfit(rejections.tags);
    }
    if (binaries_ == BinaryPolicy::kNoWheels) {
      return "it has no source, and its wheels may not be used";
    }
    return release.sources.empty() ? "it has no wheel" : "it has no wheel, only its source";
  }

  const ResolveRequest& request_;
  const Scope& scope_;
  const DirectWishes& wishes_;
  const pypi::Name& name_;
  const ProjectHistory& history_;
  const std::optional<std::int64_t> exclude_newer_us_;
  const BinaryPolicy binaries_;
};

// Whether requirements of other packages name a pre-release, which matters to kPep440 alone.
enum class PrereleaseAdmission : std::uint8_t { kNotAdmitted, kAdmitted };

// The order in which versions are tried.
std::vector<solve::Ordinal> PreferenceOrder(const std::vector<ProjectVersion>& versions,
                                            const index::ProjectFiles& files,
                                            const ResolveRequest& request,
                                            const DirectWishes& wishes,
                                            const std::vector<pypi::Version>& preferred,
                                            PrereleaseAdmission admission) {
  const ResolvePolicies& policies = request.policies;
  const bool wants_lowest =
      policies.resolution == ResolutionMode::kLowest ||
      (policies.resolution == ResolutionMode::kLowestDirect && wishes.IsRequired(files.name));
  const bool treats_prereleases_alike =
      policies.prereleases == PrereleaseMode::kAllow ||
      policies.prereleases == PrereleaseMode::kExplicit ||
      policies.prereleases == PrereleaseMode::kIfNecessaryOrExplicit ||
      (policies.prereleases == PrereleaseMode::kPep440 &&
       (admission == PrereleaseAdmission::kAdmitted || wishes.NamesPrerelease(files.name)));
  std::vector<solve::Ordinal> order(versions.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<solve::Ordinal>(wants_lowest ? i : order.size() - 1 - i);
  }
  // What others may have yanked comes after everything else, so that it is only taken when pinned.
  const bool puts_yanked_last = policies.yanked == YankedMode::kPinnedAnywhere;
  const auto rank = [&](solve::Ordinal ordinal) {
    const pypi::Version& version = versions[ordinal].version;
    const index::IndexFile* file = versions[ordinal].MetadataFile();
    const bool is_yanked = puts_yanked_last && file != nullptr && file->yanked.has_value();
    const bool has_source_order =
        files.version_order == index::VersionOrder::kBySource && file != nullptr;
    return std::tuple(std::ranges::find(preferred, version) - preferred.begin(), is_yanked,
                      has_source_order ? file->source : 0,
                      version.is_prerelease() && !treats_prereleases_alike);
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
  if (const auto end = request.ExcludeNewerUs(files.name); end && !files.files.empty()) {
    return "has no release older than " + lock::FormatTimestamp(*end);
  }
  return "has no releases";
}

}  // namespace

ProjectVersions ReadProjectVersions(std::shared_ptr<const index::ProjectFiles> files,
                                    const ResolveRequest& request, const Scope& scope,
                                    const DirectWishes& wishes, const ProjectHistory& history) {
  ProjectVersions project{.files = std::move(files)};
  const Reader reader(request, scope, wishes, project.files->name, history);
  Releases releases = reader.Collect(project.files->files);
  const std::string prerelease_objection = reader.PrereleaseObjection(releases);
  project.versions.reserve(releases.size());
  for (auto& [version, release] : releases) {
    project.versions.push_back(reader.Judge(std::move(release), prerelease_objection));
  }
  if (project.versions.empty()) {
    project.absence = AbsenceOf(*project.files, request);
  }
  project.preference = PreferenceOrder(project.versions, *project.files, request, wishes,
                                       history.preferred, PrereleaseAdmission::kNotAdmitted);
  if (request.policies.prereleases == PrereleaseMode::kPep440) {
    project.prerelease_preference =
        PreferenceOrder(project.versions, *project.files, request, wishes, history.preferred,
                        PrereleaseAdmission::kAdmitted);
  }
  return project;
}

}  // namespace flowstone::resolve
