#include "flowstone/resolve/index_provider.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

// When so many versions of a project were chosen, the next ones are asked for before they are
// needed: half as many as were chosen, up to a limit.
constexpr std::uint32_t kSmallestWindow = 5;
constexpr std::uint32_t kLargestWindow = 32;

// Whether a failure to get metadata is about that one file. Anything else must end the work, or an
// index that is down for a moment would silently give older versions.
bool IsAboutTheFile(const Error& error) {
  return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kInvalid;
}

// None when the release has a source, which every environment can use.
std::vector<pypi::TagSet> TagsOf(const ProjectVersion& version) {
  std::vector<pypi::TagSet> tags;
  for (const UsableWheel& wheel : version.wheels) {
    if (const auto name = pypi::WheelName::Parse(wheel.file.filename); name && !version.source) {
      tags.push_back(name->tags);
    }
  }
  return tags;
}

// "step train (@pypi, flow.py:12)".
std::string AskerOf(const RequestedRequirement& wish) {
  return wish.place.empty() ? wish.origin : wish.origin + " (" + wish.place + ")";
}

// Whether something besides the dependent's own extra decides about it.
bool IsConditional(const pypi::Requirement& requirement) {
  return !requirement.marker.is_always() && !LoneExtra(requirement.marker.ToString());
}

bool PinsInMetadata(const ReleaseMetadata& metadata, const pypi::Name& name,
                    const pypi::Version& version) {
  bool pins = false;
  metadata.EachDependency([](std::string_view) { return true; },
                          [&](const ReleaseDependency& dependency) {
                            pins = pins || (dependency.name() == name &&
                                            IsPinOf(dependency.requirement().specifiers, version));
                          });
  return pins;
}

}  // namespace

IndexProvider::IndexProvider(const ResolveRequest& request, const Scope& scope,
                             CandidateSource& source, ProgressSink& progress,
                             const ResolveOptions& options, const UnpinnedVersions& unpinned)
    : scope_(scope),
      source_(source),
      rules_(request, scope),
      wishes_(request, rules_),
      reader_(request, scope, rules_, wishes_, options, unpinned, progress),
      scout_(source, reader_, rules_) {}

bool IndexProvider::IsProject(solve::PackageId package) const {
  return package != vocabulary_.request() && vocabulary_[package].extra.empty();
}

const ProjectVersions& IndexProvider::Versions(solve::PackageId project) const {
  return ProjectOf(project).versions;
}

bool IndexProvider::IsOfRelease(solve::PackageId project, solve::ReasonId reason) const {
  return std::ranges::any_of(ProjectOf(project).reasons,
                             [&](const auto& entry) { return entry.second == reason; });
}

const ReleaseMetadata& IndexProvider::Metadata(solve::PackageId project,
                                               solve::Ordinal candidate) const {
  return std::get<ReleaseMetadata>(ProjectOf(project).verdicts.at(candidate));
}

void IndexProvider::Announce(std::span<const solve::PackageId> packages) {
  for (const solve::PackageId package : packages) {
    const Subject& subject = vocabulary_[package];
    if (!subject.extra.empty()) {
      announced_extras_.insert(package);
      scout_.AnnounceExtra(subject.name, subject.extra);
      continue;
    }
    const auto range = first_ranges_.find(package);
    scout_.AnnounceProject(subject.name, range == first_ranges_.end()
                                             ? nullptr
                                             : &vocabulary_[range->second].versions);
  }
}

Result<solve::Candidates> IndexProvider::Universe(solve::PackageId package) {
  if (!IsProject(package)) {
    return solve::Candidates{.count = 1};
  }
  const pypi::Name name = vocabulary_[package].name;
  scout_.AwaitProject(name);
  Result<std::shared_ptr<const index::ProjectFiles>> files = source_.Project(name);
  if (!files) {
    return Annotate(Result<solve::Candidates>(std::move(files.error())),
                    "while looking for " + name.ToString());
  }
  std::unique_ptr<ProjectRecord> project = scout_.TakeRecord(name);
  if (project == nullptr) {
    project = reader_.Open(*std::move(files));
  }
  solve::Candidates candidates{.count = project->versions.size()};
  if (candidates.count == 0) {
    candidates.absence = vocabulary_.ReasonOf(project->versions.absence());
  }
  projects_.emplace(package, std::move(project));
  return candidates;
}

solve::OrdinalSet IndexProvider::Lower(solve::PackageId package, solve::RangeId range) {
  if (!IsProject(package)) {
    return solve::OrdinalSet::Full(1);
  }
  return Versions(package).Within(vocabulary_[range].versions);
}

solve::Choice IndexProvider::Choose(solve::PackageId package, const solve::OrdinalSet& allowed) {
  using Kind = ReleaseSurvey::Symptom::Kind;
  using Next = solve::Choice::Next;
  if (!IsProject(package)) {
    return {.next = Next::kTry, .pinned = vocabulary_.Project(vocabulary_[package].name)};
  }
  if (scope_.IsDivisible()) {
    allowed_ = allowed;
  }
  ProjectRecord& project = ProjectOf(package);
  solve::Choice choice;
  solve::OrdinalSet rest = allowed - project.told;
  while (const auto best = project.versions.Best(rest, AdmissionOf(package))) {
    const auto symptom = project.versions.ObjectionTo(*best);
    if (!symptom) {
      MoveWindow(project, allowed, *best);
      choice.pinned = conditional_.contains(package) ? std::optional(package) : std::nullopt;
      choice.next = Next::kTry;
      choice.candidate = *best;
      return choice;
    }
    choice.passed_over.push_back(
        Objection(project, solve::OrdinalSet::Only(allowed.size(), *best), symptom->kind));
    if (symptom->kind == Kind::kPython) {  // to uv it is a conflict with the root's Python
      choice.candidate = *best;
      choice.next = Next::kAlien;
      return choice;
    }
    rest.Erase(*best);
    project.told.Insert(*best);
  }
  if (!rest.is_empty()) {
    choice.passed_over.push_back(Objection(project, rest, Kind::kPrerelease));
    project.told |= rest;
  }
  return choice;
}

solve::Unusable IndexProvider::Objection(ProjectRecord& project, const solve::OrdinalSet& releases,
                                         ReleaseSurvey::Symptom::Kind kind) {
  auto reason = project.reasons.find(kind);
  if (reason == project.reasons.end()) {
    reason = project.reasons.emplace(kind, vocabulary_.UntoldReason()).first;
  }
  return {releases, reason->second};
}

void IndexProvider::Anticipate(solve::PackageId package, const solve::OrdinalSet& allowed) {
  if (IsProject(package)) {
    ProjectRecord& project = ProjectOf(package);
    PrefetchFirst(project, allowed);
  }
}

PrereleaseAdmission IndexProvider::AdmissionOf(solve::PackageId package) const {
  return admits_prereleases_.contains(package) ? PrereleaseAdmission::kAdmitted
                                               : PrereleaseAdmission::kNotAdmitted;
}

void IndexProvider::PrefetchFirst(ProjectRecord& project, const solve::OrdinalSet& allowed) {
  // Sources are only looked into when they are chosen: they may have to be built for it.
  const auto first = project.versions.BestWithWheel(allowed);
  if (!first || project.prefetched.Contains(*first)) {
    return;
  }
  project.prefetched.Insert(*first);
  if (source_.StartMetadata(project.versions.MetadataFile(*first)) == Readiness::kUnderWay) {
    project.waits_for_servers = true;
    scout_.AnnounceRelease(project, *first);
  }
}

void IndexProvider::MoveWindow(ProjectRecord& project, const solve::OrdinalSet& allowed,
                               solve::Ordinal chosen) {
  if (project.chosen.Contains(chosen)) {
    return;  // its turn has come again, after others went back
  }
  project.chosen.Insert(chosen);
  if (!project.waits_for_servers) {
    return;  // what is cached is not waited for
  }
  const std::uint32_t tried = project.chosen.Count();
  if (!project.prefetched.Contains(chosen) || project.asked_ahead < tried) {
    project.asked_ahead = tried;  // the window is elsewhere
  }
  const std::uint32_t size = std::min(tried / 2, kLargestWindow);
  // Refilled by halves: a batch of requests costs less than as many single ones.
  if (tried < kSmallestWindow || project.asked_ahead > tried + size / 2) {
    return;
  }
  // What is allowed now comes first, then what follows in order: what restricts the project to a
  // few releases is likely to be given up for something that allows the next few. What the request
  // itself excludes will never be chosen.
  const solve::OrdinalSet possible =
      project.versions.Within(wishes_.AdmittedVersions(project.versions.files().name));
  std::uint32_t left = tried + size - project.asked_ahead;
  project.asked_ahead += left;
  for (solve::OrdinalSet rest : {allowed, project.versions.Following(chosen)}) {
    rest = (rest & possible) - project.prefetched;
    for (; left > 0; --left) {
      const auto next = project.versions.BestWithWheel(rest);
      if (!next) {
        break;
      }
      rest.Erase(*next);
      project.prefetched.Insert(*next);
      source_.StartMetadata(project.versions.MetadataFile(*next));
    }
  }
}

Result<const ReleaseVerdict*> IndexProvider::Inspect(solve::PackageId package,
                                                     solve::Ordinal candidate) {
  ProjectRecord& project = ProjectOf(package);
  if (const auto known = project.verdicts.find(candidate); known != project.verdicts.end()) {
    return &known->second;
  }
  const index::IndexFile& file = project.versions.MetadataFile(candidate);
  scout_.AwaitMetadata(file);
  // Meanwhile the scout may have read it.
  if (const auto known = project.verdicts.find(candidate); known != project.verdicts.end()) {
    return &known->second;
  }
  const Result<std::shared_ptr<const index::WheelMetadata>> metadata = source_.Metadata(file);
  if (!metadata && !IsAboutTheFile(metadata.error())) {
    return Error(metadata.error())
        .WithContext("while reading the metadata of " + PackageName(package) + " " +
                     Versions(package).VersionAt(candidate).ToString());
  }
  return &reader_.Judge(project, candidate, metadata);
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
  ProjectOf(package).detailed.push_back(candidate);
  return solve::CandidateDetails(DependenciesOf(package, std::get<ReleaseMetadata>(*verdict)));
}

std::vector<solve::LateDependency> IndexProvider::Awaken(solve::PackageId condition) {
  std::vector<solve::LateDependency> late;
  if (const auto found = constraints_.find(condition); found != constraints_.end()) {
    for (const solve::RangeId range : found->second) {
      late.push_back({vocabulary_.request(), 0, {condition, range, condition}});
    }
  }
  const Subject subject = vocabulary_[condition];
  if (subject.extra.empty()) {
    return late;
  }
  const auto project = projects_.find(vocabulary_.Project(subject.name));
  if (project == projects_.end()) {
    return late;
  }
  for (const solve::Ordinal candidate : project->second->detailed) {
    std::vector<solve::Dependency> dependencies;
    Metadata(project->first, candidate)
        .EachDependency([&](std::string_view extra) { return extra == subject.extra.ToString(); },
                        [&](const ReleaseDependency& dependency) {
                          AddDemand(project->first, DemandOf(dependency), condition, dependencies);
                        });
    for (const solve::Dependency& dependency : dependencies) {
      late.push_back({project->first, candidate, dependency});
    }
  }
  return late;
}

IndexProvider::Demand IndexProvider::DemandOf(const pypi::Requirement& requirement,
                                              solve::RangeId range) {
  Demand demand{.project = vocabulary_.Project(requirement.name),
                .range = range,
                .is_conditional = IsConditional(requirement)};
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
  if (dependency.number() >= demands_.size()) {
    demands_.resize(dependency.number() + std::size_t{1});
  }
  std::optional<Demand>& demand = demands_[dependency.number()];
  if (!demand) {
    demand = DemandOf(dependency.requirement(),
                      vocabulary_.RangeOf(dependency.requirement().specifiers));
  }
  return *demand;
}

void IndexProvider::AddDemand(solve::PackageId dependent, const Demand& demand,
                              std::optional<solve::PackageId> when,
                              std::vector<solve::Dependency>& dependencies) {
  first_ranges_.try_emplace(demand.project, demand.range);
  if (demand.is_conditional && demand.project != dependent) {
    conditional_.insert(demand.project);
  }
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
  metadata.EachDependency(AlwaysAndWith(release.extras), [&](const ReleaseDependency& dependency) {
    release.requirements.push_back(&dependency.requirement());
  });
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
    AddDemand(vocabulary_.request(), DemandOf(wish.requirement, range), std::nullopt, dependencies);
  }
  for (const RequestedRequirement& wish : rules_.Constraints()) {
    // It holds while the project that it restricts is selected.
    const solve::PackageId project = vocabulary_.Project(wish.requirement.name);
    constraints_[project].push_back(vocabulary_.WishOf(wish.requirement.specifiers, AskerOf(wish)));
  }
  return dependencies;
}

std::vector<solve::Dependency> IndexProvider::DependenciesOf(solve::PackageId package,
                                                             const ReleaseMetadata& metadata) {
  std::map<std::string, solve::PackageId, std::less<>> announced;
  if (const auto wanted = wanted_extras_.find(package); wanted != wanted_extras_.end()) {
    for (const solve::PackageId extra : wanted->second) {
      if (announced_extras_.contains(extra)) {
        announced.emplace(vocabulary_[extra].extra.ToString(), extra);
      }
    }
  }
  std::vector<solve::Dependency> dependencies;
  metadata.EachDependency(
      [&](std::string_view extra) { return extra.empty() || announced.contains(extra); },
      [&](const ReleaseDependency& dependency) {
        const auto when = announced.find(dependency.extra().ToString());
        AddDemand(package, DemandOf(dependency),
                  when == announced.end() ? std::nullopt : std::optional(when->second),
                  dependencies);
      });
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
    if (CountsAsYanked(*version.MetadataFile(), YankedMode::kPinnedAnywhere) &&
        !is_pinned(name, version.version)) {
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
