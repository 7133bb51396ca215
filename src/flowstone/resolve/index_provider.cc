#include "flowstone/resolve/index_provider.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/error.h"
#include "flowstone/base/result.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/solve/candidate_provider.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::resolve {
namespace {

constexpr std::size_t kMaxPrefetch = 50;

// When a project goes through its versions, more and more of them are fetched at once: after 5, 10,
// 20 and 40 versions, then after every 20.
bool IsTimeToPrefetch(std::uint32_t tried) {
  return tried == 5 || tried == 10 || (tried >= 20 && tried % 20 == 0);
}

// Whether a failure to get metadata is about that one file. Anything else must end the work, or an
// index that is down for a moment would silently give older versions.
bool IsAboutTheFile(const Error& error) {
  return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kInvalid;
}

std::vector<pypi::Version> PreferencesFor(const ResolveOptions& options, const pypi::Name& name) {
  std::vector<pypi::Version> preferred;
  for (const auto& [project, version] : options.preferences) {
    if (project == name) {
      preferred.push_back(version);
    }
  }
  return preferred;
}

// None when the release has a source, which every environment can use.
std::vector<pypi::TagSet> TagsOf(const ProjectVersion& version) {
  std::vector<pypi::TagSet> tags;
  for (const UsableWheel& wheel : version.wheels) {
    if (const auto name = pypi::WheelName::Parse(wheel.file->filename);
        name && version.source == nullptr) {
      tags.push_back(name->tags);
    }
  }
  return tags;
}

// "step train (@pypi, flow.py:12)".
std::string AskerOf(const RequestedRequirement& wish) {
  return wish.place.empty() ? wish.origin : wish.origin + " (" + wish.place + ")";
}

bool PinsInMetadata(const ReleaseMetadata& metadata, const pypi::Name& name,
                    const pypi::Version& version) {
  return std::ranges::any_of(metadata.dependencies, [&](const ReleaseDependency* dependency) {
    return dependency->requirement.name == name &&
           IsPinOf(dependency->requirement.specifiers, version);
  });
}

}  // namespace

IndexProvider::IndexProvider(const ResolveRequest& request, const Scope& scope,
                             CandidateSource& source, ProgressSink& progress,
                             const ResolveOptions& options, const UnpinnedVersions& unpinned)
    : request_(request),
      scope_(scope),
      source_(source),
      progress_(progress),
      options_(options),
      unpinned_(unpinned),
      rules_(request, scope),
      wishes_(request, rules_),
      file_verdicts_(scope, request.policies.upper_python_bound),
      metadata_reader_(scope, rules_, request.policies.upper_python_bound) {}

bool IndexProvider::IsProject(solve::PackageId package) const {
  return package != vocabulary_.request() && vocabulary_[package].extra.empty();
}

const ProjectVersions& IndexProvider::Versions(solve::PackageId project) const {
  return ProjectOf(project).versions;
}

const std::vector<solve::ReasonId>& IndexProvider::UnusableReasons(solve::PackageId project) const {
  return ProjectOf(project).reasons;
}

const ReleaseMetadata& IndexProvider::Metadata(solve::PackageId project,
                                               solve::Ordinal candidate) const {
  return std::get<ReleaseMetadata>(ProjectOf(project).verdicts.at(candidate));
}

void IndexProvider::Announce(std::span<const solve::PackageId> packages) {
  for (const solve::PackageId package : packages) {
    if (IsProject(package)) {
      source_.StartProject(vocabulary_[package].name);
    }
  }
}

Result<solve::Candidates> IndexProvider::Universe(solve::PackageId package) {
  if (!IsProject(package)) {
    return solve::Candidates{.count = 1};
  }
  const pypi::Name name = vocabulary_[package].name;
  Result<std::shared_ptr<const index::ProjectFiles>> files = source_.Project(name);
  if (!files) {
    return Annotate(Result<solve::Candidates>(std::move(files.error())),
                    "while looking for " + name.ToString());
  }
  ProjectHistory history{.preferred = PreferencesFor(options_, name)};
  if (const auto unpinned = unpinned_.find(name); unpinned != unpinned_.end()) {
    history.unpinned = unpinned->second;
  }
  auto project = std::make_unique<Project>(std::in_place, *std::move(files), request_, scope_,
                                           wishes_, std::move(history), file_verdicts_);
  solve::Candidates candidates{.count = project->versions.size()};
  if (candidates.count == 0) {
    candidates.absence = vocabulary_.ReasonOf(project->versions.absence());
  }
  for (const solve::OrdinalSet& group : project->versions.unusable()) {
    const solve::ReasonId reason = vocabulary_.UntoldReason();
    project->reasons.push_back(reason);
    candidates.unusable.push_back({group, reason});
  }
  Project& known = *projects_.emplace(package, std::move(project)).first->second;
  if (const auto range = first_ranges_.find(package); range != first_ranges_.end()) {
    Prefetch(known, Lower(package, range->second), 1);
  }
  return candidates;
}

solve::OrdinalSet IndexProvider::Lower(solve::PackageId package, solve::RangeId range) {
  if (!IsProject(package)) {
    return solve::OrdinalSet::Full(1);
  }
  return Versions(package).Within(vocabulary_[range].versions);
}

solve::Ordinal IndexProvider::Choose(solve::PackageId package, const solve::OrdinalSet& allowed) {
  if (!IsProject(package)) {
    return 0;
  }
  LookAhead();
  allowed_ = allowed;
  Project& project = ProjectOf(package);
  ++project.tried;
  if (IsTimeToPrefetch(project.tried)) {
    Prefetch(project, allowed, std::min<std::size_t>(project.tried, kMaxPrefetch));
  }
  return project.versions.Best(allowed, AdmissionOf(package));
}

void IndexProvider::Anticipate(solve::PackageId package, const solve::OrdinalSet& allowed) {
  if (!IsProject(package)) {
    return;
  }
  if (const std::optional<solve::Ordinal> first = Prefetch(ProjectOf(package), allowed, 1)) {
    anticipated_.emplace_back(package, *first);
  }
}

PrereleaseAdmission IndexProvider::AdmissionOf(solve::PackageId package) const {
  return admits_prereleases_.contains(package) ? PrereleaseAdmission::kAdmitted
                                               : PrereleaseAdmission::kNotAdmitted;
}

std::optional<solve::Ordinal> IndexProvider::Prefetch(Project& project,
                                                      const solve::OrdinalSet& allowed,
                                                      std::size_t count) {
  std::optional<solve::Ordinal> first;
  // Sources are only looked into when they are chosen: they may have to be built for it.
  solve::OrdinalSet rest = allowed & project.versions.with_wheel();
  for (; count > 0 && !rest.is_empty(); --count) {
    const solve::Ordinal next = project.versions.Best(rest, PrereleaseAdmission::kNotAdmitted);
    if (!project.prefetched.Contains(next)) {
      project.prefetched.Insert(next);
      source_.StartMetadata(project.versions.MetadataFile(next));
    }
    rest.Erase(next);
    first = first.value_or(next);
  }
  return first;
}

void IndexProvider::LookAhead() {
  for (const auto& [package, candidate] : std::exchange(anticipated_, {})) {
    // A failure is reported if the solver asks for this very candidate.
    const auto verdict = Inspect(package, candidate);
    const auto* metadata = verdict ? std::get_if<ReleaseMetadata>(*verdict) : nullptr;
    if (metadata == nullptr) {
      continue;
    }
    const std::vector<pypi::ExtraName> extras = WantedExtras(package);
    for (const ReleaseDependency* dependency : metadata->dependencies) {
      const bool is_active =
          dependency->extra.empty() || std::ranges::find(extras, dependency->extra) != extras.end();
      if (dependency->number >= looked_ahead_.size()) {
        looked_ahead_.resize(dependency->number + std::size_t{1});
      }
      if (is_active && !looked_ahead_[dependency->number]) {
        looked_ahead_[dependency->number] = true;
        source_.StartProject(dependency->requirement.name);
      }
    }
  }
}

Result<const std::variant<ReleaseMetadata, std::string>*> IndexProvider::Inspect(
    solve::PackageId package, solve::Ordinal candidate) {
  Project& project = ProjectOf(package);
  if (const auto known = project.verdicts.find(candidate); known != project.verdicts.end()) {
    return &known->second;
  }
  const pypi::Name& name = project.versions.files().name;
  const pypi::Version version = project.versions.VersionAt(candidate);
  const std::string title = name.ToString() + " " + version.ToString();
  const Result<std::shared_ptr<const index::WheelMetadata>> metadata =
      source_.Metadata(project.versions.MetadataFile(candidate));
  if (!metadata && !IsAboutTheFile(metadata.error())) {
    return Error(metadata.error()).WithContext("while reading the metadata of " + title);
  }
  auto verdict = metadata ? metadata_reader_.Read((*metadata)->parsed, name, version)
                          : "its metadata cannot be read: " + metadata.error().message;
  progress_.Advance(Phase::kResolve, 1, title);
  return &project.verdicts.emplace(candidate, std::move(verdict)).first->second;
}

Result<solve::CandidateDetails> IndexProvider::Details(solve::PackageId package,
                                                       solve::Ordinal candidate) {
  if (package == vocabulary_.request()) {
    FLOWSTONE_TRY(ExamineRequest());
    return solve::CandidateDetails(RequestDependencies());
  }
  if (!IsProject(package)) {
    return solve::CandidateDetails(std::vector<solve::Dependency>());
  }
  FLOWSTONE_LET(const auto* verdict, Inspect(package, candidate));
  if (const auto* reason = std::get_if<std::string>(verdict)) {
    return solve::CandidateDetails(vocabulary_.ReasonOf(*reason));
  }
  FLOWSTONE_TRY(Examine(package, candidate));
  const pypi::Name name = vocabulary_[package].name;
  return solve::CandidateDetails(DependenciesOf(name, std::get<ReleaseMetadata>(*verdict)));
}

IndexProvider::Demand IndexProvider::DemandOf(const pypi::Requirement& requirement,
                                              solve::RangeId range) {
  Demand demand{.project = vocabulary_.Project(requirement.name), .range = range};
  first_ranges_.emplace(demand.project, range);
  if (requirement.specifiers.AdmitsPrereleases()) {
    admits_prereleases_.insert(demand.project);
  }
  for (const pypi::ExtraName& extra : requirement.extras) {
    const solve::RangeId any = vocabulary_[range].origin.empty()
                                   ? vocabulary_.Everything()
                                   : vocabulary_.WishOf({}, vocabulary_[range].origin);
    const solve::PackageId wanted = vocabulary_.Extra(requirement.name, extra);
    wanted_extras_[demand.project].insert(wanted);
    demand.extras.emplace_back(wanted, any);
  }
  return demand;
}

const IndexProvider::Demand& IndexProvider::DemandOf(const ReleaseDependency& dependency) {
  if (dependency.number >= demands_.size()) {
    demands_.resize(dependency.number + std::size_t{1});
  }
  std::optional<Demand>& demand = demands_[dependency.number];
  if (!demand) {
    demand =
        DemandOf(dependency.requirement, vocabulary_.RangeOf(dependency.requirement.specifiers));
  }
  return *demand;
}

void IndexProvider::AddDemand(const Demand& demand, std::optional<solve::PackageId> when,
                              std::vector<solve::Dependency>& dependencies) {
  dependencies.push_back({demand.project, demand.range, when});
  for (const auto& [extra, range] : demand.extras) {
    dependencies.push_back({extra, range, when});
  }
}

std::vector<pypi::ExtraName> IndexProvider::WantedExtras(solve::PackageId project) const {
  std::vector<pypi::ExtraName> extras;
  if (const auto wanted = wanted_extras_.find(project); wanted != wanted_extras_.end()) {
    for (const solve::PackageId extra : wanted->second) {
      extras.push_back(vocabulary_[extra].extra);
    }
  }
  return extras;
}

Status IndexProvider::Examine(solve::PackageId package, solve::Ordinal candidate) {
  if (!scope_.IsDivisible()) {
    return Ok();
  }
  const ProjectVersions& versions = Versions(package);
  const ProjectVersion& version = versions[candidate];
  const ReleaseMetadata& metadata = Metadata(package, candidate);
  ChosenRelease release{.name = vocabulary_[package].name,
                        .requires_python = *metadata.requires_python,
                        .wheels = TagsOf(version),
                        .extras = WantedExtras(package)};
  if (version.version.has_local()) {
    const std::optional<solve::Ordinal> base = versions.Find(version.version.WithoutLocal());
    if (base && allowed_.Contains(*base) && versions[*base].unusable.empty()) {
      release.base_wheels = TagsOf(versions[*base]);
    }
  }
  for (const ReleaseDependency* dependency : metadata.dependencies) {
    const bool is_active =
        dependency->extra.empty() ||
        std::ranges::find(release.extras, dependency->extra) != release.extras.end();
    if (is_active) {
      release.requirements.push_back(&dependency->requirement);
    }
  }
  return scope_.Examine(release);
}

Status IndexProvider::ExamineRequest() const {
  const std::vector<RequestedRequirement> wishes = rules_.Requirements();
  ChosenRelease request;
  for (const RequestedRequirement& wish : wishes) {
    request.requirements.push_back(&wish.requirement);
  }
  return scope_.Examine(request);
}

std::vector<solve::Dependency> IndexProvider::RequestDependencies() {
  std::vector<solve::Dependency> dependencies;
  for (const RequestedRequirement& wish : rules_.Requirements()) {
    const solve::RangeId range = vocabulary_.WishOf(wish.requirement.specifiers, AskerOf(wish));
    AddDemand(DemandOf(wish.requirement, range), std::nullopt, dependencies);
  }
  for (const RequestedRequirement& wish : rules_.Constraints()) {
    // It holds while the project that it restricts is selected.
    const solve::PackageId project = vocabulary_.Project(wish.requirement.name);
    const solve::RangeId range = vocabulary_.WishOf(wish.requirement.specifiers, AskerOf(wish));
    dependencies.push_back({project, range, project});
  }
  return dependencies;
}

std::vector<solve::Dependency> IndexProvider::DependenciesOf(const pypi::Name& name,
                                                             const ReleaseMetadata& metadata) {
  std::vector<solve::Dependency> dependencies;
  dependencies.reserve(metadata.dependencies.size());
  for (const ReleaseDependency* dependency : metadata.dependencies) {
    std::optional<solve::PackageId> when;
    if (!dependency->extra.empty()) {
      when = vocabulary_.Extra(name, dependency->extra);
    }
    AddDemand(DemandOf(*dependency), when, dependencies);
  }
  return dependencies;
}

UnpinnedVersions IndexProvider::UnpinnedIn(const solve::Solution& solution) const {
  const auto is_pinned = [&](const pypi::Name& name, const pypi::Version& version) {
    return wishes_.Pins(name, version) ||
           std::ranges::any_of(solution.selected, [&](const auto& entry) {
             return IsProject(entry.first) &&
                    PinsInMetadata(Metadata(entry.first, entry.second), name, version);
           });
  };
  UnpinnedVersions unpinned;
  for (const auto& [package, candidate] : solution.selected) {
    if (!IsProject(package)) {
      continue;
    }
    const ProjectVersion& version = Versions(package)[candidate];
    const pypi::Name& name = vocabulary_[package].name;
    if (version.MetadataFile()->yanked && !is_pinned(name, version.version)) {
      unpinned[name].push_back(version.version);
    }
  }
  return unpinned;
}

std::string IndexProvider::PackageName(solve::PackageId package) const {
  const Subject& subject = vocabulary_[package];
  const std::string name = subject.name.ToString();
  return subject.extra.empty() ? name : name + "[" + subject.extra.ToString() + "]";
}

}  // namespace flowstone::resolve
