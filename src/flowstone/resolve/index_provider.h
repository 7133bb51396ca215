// IndexProvider: the Python ecosystem as a candidate provider of the solver. Projects are packages,
// extras are packages with one candidate whose selection switches dependencies on, the request is
// the root.
//
// What will probably be needed is asked for ahead of time: by the scout while an answer is waited
// for, and by a window of releases that moves ahead of a project whose versions are gone through.
// Nothing of it has an influence on what is answered.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/dependency_rules.h"
#include "flowstone/resolve/direct_wishes.h"
#include "flowstone/resolve/project_record.h"
#include "flowstone/resolve/project_versions.h"
#include "flowstone/resolve/release_metadata.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/resolve/scope.h"
#include "flowstone/resolve/scout.h"
#include "flowstone/resolve/vocabulary.h"
#include "flowstone/solve/candidate_provider.h"
#include "flowstone/solve/ordinal_set.h"
#include "flowstone/solve/solver.h"

namespace flowstone::resolve {

class IndexProvider final : public solve::CandidateProvider {
 public:
  // The references outlive this.
  IndexProvider(const ResolveRequest& request, const Scope& scope, CandidateSource& source,
                ProgressSink& progress, const ResolveOptions& options,
                const UnpinnedVersions& unpinned);

  // The projects and releases of `solution` that are yanked and pinned by nothing in it.
  UnpinnedVersions UnpinnedIn(const solve::Solution& solution) const;

  const Vocabulary& vocabulary() const { return vocabulary_; }
  const Scope& scope() const { return scope_; }
  const DependencyRules& rules() const { return rules_; }
  const DirectWishes& wishes() const { return wishes_; }
  // Whether it is a project, neither an extra of one nor the request.
  bool IsProject(solve::PackageId package) const;
  // "requests", "requests[socks]".
  std::string PackageName(solve::PackageId package) const;
  // Of projects and releases that the solver has asked about.
  const ProjectVersions& Versions(solve::PackageId project) const;
  const ReleaseMetadata& Metadata(solve::PackageId project, solve::Ordinal candidate) const;
  // Whether the reason says what keeps a release of the project from being used; the words are the
  // release's.
  bool IsOfRelease(solve::PackageId project, solve::ReasonId reason) const;

  void Announce(std::span<const solve::PackageId> packages) override;
  Result<solve::Candidates> Universe(solve::PackageId package) override;
  solve::OrdinalSet Lower(solve::PackageId package, solve::RangeId range) override;
  bool IsPin(solve::RangeId range) const override { return vocabulary_[range].is_pin; }
  solve::Choice Choose(solve::PackageId package, const solve::OrdinalSet& allowed) override;
  Result<solve::CandidateDetails> Details(solve::PackageId package,
                                          solve::Ordinal candidate) override;
  std::vector<solve::LateDependency> Awaken(solve::PackageId condition) override;
  void Anticipate(solve::PackageId package, const solve::OrdinalSet& allowed) override;

 private:
  ProjectRecord& ProjectOf(solve::PackageId package) { return *projects_.at(package); }
  const ProjectRecord& ProjectOf(solve::PackageId package) const { return *projects_.at(package); }
  PrereleaseAdmission AdmissionOf(solve::PackageId package) const;
  // The verdict on a release; waits for its metadata the first time.
  Result<const ReleaseVerdict*> Inspect(solve::PackageId package, solve::Ordinal candidate);
  std::vector<pypi::ExtraName> WantedExtras(solve::PackageId project) const;
  // That releases which have the symptom cannot be used.
  solve::Unusable Objection(ProjectRecord& project, const solve::OrdinalSet& releases,
                            ReleaseSurvey::Symptom::Kind kind);
  // Whether the scope can select the release as it is; an error of the scope says that it cannot.
  Status Examine(solve::PackageId package, solve::Ordinal candidate);
  Status ExamineRequest() const;
  std::vector<solve::Dependency> RequestDependencies();
  // A requirement, in numbers.
  struct Demand {
    solve::PackageId project = {};
    solve::RangeId range = {};
    std::vector<std::pair<solve::PackageId, solve::RangeId>> extras = {};
    bool is_conditional = false;  // see conditional_
  };
  // Makes its projects and extras known as wanted.
  Demand DemandOf(const pypi::Requirement& requirement, solve::RangeId range);
  const Demand& DemandOf(const ReleaseDependency& dependency);
  void AddDemand(solve::PackageId dependent, const Demand& demand,
                 std::optional<solve::PackageId> when,
                 std::vector<solve::Dependency>& dependencies);
  std::vector<solve::Dependency> DependenciesOf(solve::PackageId package,
                                                const ReleaseMetadata& metadata);
  // Asks for the metadata of the candidate of `allowed` that would be tried first.
  void PrefetchFirst(ProjectRecord& project, const solve::OrdinalSet& allowed);
  // Keeps metadata under way for the candidates that would be tried after `chosen`.
  void MoveWindow(ProjectRecord& project, const solve::OrdinalSet& allowed, solve::Ordinal chosen);

  const Scope& scope_;
  CandidateSource& source_;
  const DependencyRules rules_;
  const DirectWishes wishes_;
  ProjectReader reader_;
  Scout scout_;
  Vocabulary vocabulary_;
  std::unordered_map<solve::PackageId, std::unique_ptr<ProjectRecord>> projects_;
  std::unordered_map<solve::PackageId, solve::RangeId> first_ranges_;  // that anybody asked for
  std::unordered_map<solve::PackageId, std::vector<solve::RangeId>> constraints_;  // by project
  // Projects of which a selected or once selected release wants a pre-release (PEP 440's union).
  std::set<solve::PackageId> admits_prereleases_;
  std::set<solve::PackageId> announced_extras_;  // that the solver knows
  // Projects that a requirement names with a marker or an extra. For uv each such name is a package
  // of its own, and the first that is decided pins the project for the others.
  std::set<solve::PackageId> conditional_;
  // That something depends on, by project.
  std::unordered_map<solve::PackageId, std::set<solve::PackageId>> wanted_extras_;
  std::vector<std::optional<Demand>> demands_;  // by ReleaseDependency::number
  solve::OrdinalSet allowed_;                   // of the last choice
};

}  // namespace flowstone::resolve
