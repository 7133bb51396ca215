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
#include "flowstone/pypi/version.h"
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

std::optional<pypi::Version> PreferenceFor(const ResolveOptions& options, const pypi::Name& name) {
  const auto found = std::ranges::find(options.preferences, name,
                                       [](const auto& preference) { return preference.first; });
  return found == options.preferences.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

IndexProvider::IndexProvider(const ResolveRequest& request, CandidateSource& source,
                             ProgressSink& progress, const ResolveOptions& options)
    : request_(request),
      source_(source),
      progress_(progress),
      options_(options),
      wishes_(request) {}

bool IndexProvider::IsProject(solve::PackageId package) const {
  return package != vocabulary_.request() && vocabulary_[package].extra.empty();
}

const ProjectVersions& IndexProvider::Versions(solve::PackageId project) const {
  return ProjectOf(project).versions;
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
  auto project = std::make_unique<Project>();
  project->versions =
      ReadProjectVersions(*std::move(files), request_, wishes_, PreferenceFor(options_, name));
  const std::vector<ProjectVersion>& versions = project->versions.versions;
  solve::Candidates candidates{.count = static_cast<std::uint32_t>(versions.size())};
  if (versions.empty()) {
    candidates.absence = vocabulary_.ReasonOf(project->versions.absence);
  }
  std::map<solve::ReasonId, solve::OrdinalSet> unusable;
  for (solve::Ordinal i = 0; i < candidates.count; ++i) {
    if (!versions[i].unusable.empty()) {
      unusable
          .try_emplace(vocabulary_.ReasonOf(versions[i].unusable),
                       solve::OrdinalSet::Empty(candidates.count))
          .first->second.Insert(i);
    }
  }
  for (auto& [reason, set] : unusable) {
    candidates.unusable.push_back({std::move(set), reason});
  }
  const Project& known = *projects_.emplace(package, std::move(project)).first->second;
  if (const auto range = first_ranges_.find(package); range != first_ranges_.end()) {
    Prefetch(known, Lower(package, range->second), 1);
  }
  return candidates;
}

solve::OrdinalSet IndexProvider::Lower(solve::PackageId package, solve::RangeId range) {
  if (!IsProject(package)) {
    return solve::OrdinalSet::Full(1);
  }
  const std::vector<ProjectVersion>& versions = Versions(package).versions;
  const pypi::VersionSet& wanted = vocabulary_[range].versions;
  solve::OrdinalSet set = solve::OrdinalSet::Empty(static_cast<std::uint32_t>(versions.size()));
  for (solve::Ordinal i = 0; i < set.size(); ++i) {
    if (wanted.Contains(versions[i].version)) {
      set.Insert(i);
    }
  }
  return set;
}

solve::Ordinal IndexProvider::Choose(solve::PackageId package, const solve::OrdinalSet& allowed) {
  if (!IsProject(package)) {
    return 0;
  }
  LookAhead();
  Project& project = ProjectOf(package);
  ++project.tried;
  if (IsTimeToPrefetch(project.tried)) {
    Prefetch(project, allowed, std::min<std::size_t>(project.tried, kMaxPrefetch));
  }
  const auto choice = std::ranges::find_if(project.versions.preference,
                                           [&](solve::Ordinal i) { return allowed.Contains(i); });
  FLOWSTONE_CHECK(choice != project.versions.preference.end());
  return *choice;
}

void IndexProvider::Anticipate(solve::PackageId package, const solve::OrdinalSet& allowed) {
  if (!IsProject(package)) {
    return;
  }
  if (const std::optional<solve::Ordinal> first = Prefetch(ProjectOf(package), allowed, 1)) {
    anticipated_.emplace_back(package, *first);
  }
}

std::optional<solve::Ordinal> IndexProvider::Prefetch(const Project& project,
                                                      const solve::OrdinalSet& allowed,
                                                      std::size_t count) {
  std::optional<solve::Ordinal> first;
  for (const solve::Ordinal i : project.versions.preference) {
    if (count == 0) {
      break;
    }
    const ProjectVersion& version = project.versions.versions[i];
    if (allowed.Contains(i) && !version.wheels.empty()) {
      source_.StartMetadata(*version.wheels.front().file);
      first = first.value_or(i);
      --count;
    }
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
    for (const ReleaseDependency& dependency : metadata->dependencies) {
      const bool is_active =
          dependency.extra.empty() ||
          wanted_extras_.contains(vocabulary_.Extra(vocabulary_[package].name, dependency.extra));
      if (is_active) {
        source_.StartProject(dependency.requirement.name);
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
  const pypi::Name& name = project.versions.files->name;
  const ProjectVersion& version = project.versions.versions[candidate];
  const std::string title = name.ToString() + " " + version.version.ToString();
  const Result<std::shared_ptr<const index::WheelMetadata>> text =
      source_.Metadata(*version.wheels.front().file);
  if (!text && !IsAboutTheFile(text.error())) {
    return Error(text.error()).WithContext("while reading the metadata of " + title);
  }
  auto verdict = text ? ReadReleaseMetadata((*text)->text, name, version.version, request_)
                      : "its metadata cannot be read: " + text.error().message;
  progress_.Advance(Phase::kResolve, 1, title);
  return &project.verdicts.emplace(candidate, std::move(verdict)).first->second;
}

Result<solve::CandidateDetails> IndexProvider::Details(solve::PackageId package,
                                                       solve::Ordinal candidate) {
  if (package == vocabulary_.request()) {
    return solve::CandidateDetails(RequestDependencies());
  }
  if (!IsProject(package)) {
    return solve::CandidateDetails(std::vector<solve::Dependency>());
  }
  FLOWSTONE_LET(const auto* verdict, Inspect(package, candidate));
  if (const auto* reason = std::get_if<std::string>(verdict)) {
    return solve::CandidateDetails(vocabulary_.ReasonOf(*reason));
  }
  const pypi::Name name = vocabulary_[package].name;
  return solve::CandidateDetails(DependenciesOf(name, std::get<ReleaseMetadata>(*verdict)));
}

void IndexProvider::AddDependencies(const pypi::Requirement& requirement, solve::RangeId range,
                                    std::optional<solve::PackageId> when,
                                    std::vector<solve::Dependency>& dependencies) {
  const solve::PackageId project = vocabulary_.Project(requirement.name);
  first_ranges_.emplace(project, range);
  dependencies.push_back({project, range, when});
  for (const pypi::ExtraName& extra : requirement.extras) {
    const solve::RangeId any = vocabulary_[range].origin.empty()
                                   ? vocabulary_.Everything()
                                   : vocabulary_.WishOf({}, vocabulary_[range].origin);
    const solve::PackageId wanted = vocabulary_.Extra(requirement.name, extra);
    wanted_extras_.insert(wanted);
    dependencies.push_back({wanted, any, when});
  }
}

std::vector<solve::Dependency> IndexProvider::RequestDependencies() {
  std::vector<solve::Dependency> dependencies;
  const auto origin_of = [](const RequestedRequirement& wish, const char* fallback) {
    return wish.origin.empty() ? std::string(fallback) : wish.origin;
  };
  for (const RequestedRequirement& wish : request_.requirements) {
    if (wish.requirement.marker.Evaluate(request_.target.markers)) {
      const solve::RangeId range =
          vocabulary_.WishOf(wish.requirement.specifiers, origin_of(wish, "the request"));
      AddDependencies(wish.requirement, range, std::nullopt, dependencies);
    }
  }
  for (const RequestedRequirement& wish : request_.constraints) {
    if (wish.requirement.marker.Evaluate(request_.target.markers)) {
      // It holds while the project that it restricts is selected.
      const solve::PackageId project = vocabulary_.Project(wish.requirement.name);
      const solve::RangeId range =
          vocabulary_.WishOf(wish.requirement.specifiers, origin_of(wish, "a constraint"));
      dependencies.push_back({project, range, project});
    }
  }
  return dependencies;
}

std::vector<solve::Dependency> IndexProvider::DependenciesOf(const pypi::Name& name,
                                                             const ReleaseMetadata& metadata) {
  std::vector<solve::Dependency> dependencies;
  for (const ReleaseDependency& dependency : metadata.dependencies) {
    std::optional<solve::PackageId> when;
    if (!dependency.extra.empty()) {
      when = vocabulary_.Extra(name, dependency.extra);
    }
    AddDependencies(dependency.requirement, vocabulary_.RangeOf(dependency.requirement.specifiers),
                    when, dependencies);
  }
  return dependencies;
}

std::string IndexProvider::PackageName(solve::PackageId package) const {
  const Subject& subject = vocabulary_[package];
  const std::string name = subject.name.ToString();
  return subject.extra.empty() ? name : name + "[" + subject.extra.ToString() + "]";
}

std::string IndexProvider::CandidateName(solve::PackageId package, solve::Ordinal candidate) const {
  return IsProject(package) ? Versions(package).versions[candidate].version.ToString() : "";
}

std::string IndexProvider::RangeText(solve::PackageId, solve::RangeId range) const {
  return vocabulary_[range].text;
}

std::string IndexProvider::Requirer(solve::PackageId, solve::RangeId range) const {
  return vocabulary_[range].origin;
}

std::string IndexProvider::ReasonText(solve::PackageId, solve::ReasonId reason) const {
  return vocabulary_[reason];
}

}  // namespace flowstone::resolve
