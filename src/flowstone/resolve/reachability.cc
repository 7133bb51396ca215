#include "flowstone/resolve/reachability.h"

#include <set>
#include <utility>
#include <vector>

#include "flowstone/pypi/requirement.h"
#include "flowstone/resolve/release_metadata.h"
#include "flowstone/resolve/vocabulary.h"

namespace flowstone::resolve {
namespace {

using pypi::MarkerAlgebra;
using pypi::MarkerDiagram;

class Walk {
 public:
  Walk(const solve::Solution& solution, const IndexProvider& provider, MarkerAlgebra& algebra)
      : provider_(provider), algebra_(algebra) {
    for (const auto& [package, candidate] : solution.selected) {
      const Subject& subject = provider.vocabulary()[package];
      if (subject.extra.empty()) {
        metadata_.emplace(subject.name, &provider.Metadata(package, candidate));
      }
    }
  }

  std::map<Subject, MarkerDiagram> From(MarkerDiagram fork) {
    for (const RequestedRequirement& wish : provider_.rules().Requirements()) {
      Reach(wish.requirement, algebra_.And(fork, algebra_.Of(wish.requirement.marker)));
    }
    while (!pending_.empty()) {
      const Subject subject = *pending_.begin();
      pending_.erase(pending_.begin());
      Continue(subject);
    }
    return std::move(reached_);
  }

 private:
  void Reach(const pypi::Requirement& requirement, MarkerDiagram when) {
    Reach(Subject{requirement.name}, when);
    for (const pypi::ExtraName& extra : requirement.extras) {
      Reach(Subject{requirement.name, extra}, when);
    }
  }

  void Reach(const Subject& subject, MarkerDiagram when) {
    if (algebra_.IsImpossible(when)) {
      return;
    }
    const auto [entry, is_new] = reached_.try_emplace(subject, MarkerAlgebra::Never());
    const MarkerDiagram wider = algebra_.Or(entry->second, when);
    if (wider != entry->second) {
      entry->second = wider;
      pending_.insert(subject);
    }
  }

  void Continue(const Subject& subject) {
    const auto metadata = metadata_.find(subject.name);
    if (metadata == metadata_.end()) {
      return;
    }
    const MarkerDiagram here = reached_.at(subject);
    metadata->second->EachDependency(
        [&](std::string_view extra) { return extra == subject.extra.ToString(); },
        [&](const ReleaseDependency& dependency) {
          const pypi::Requirement& requirement = dependency.requirement();
          const MarkerDiagram marker =
              algebra_.WithExtra(algebra_.Of(requirement.marker), dependency.extra());
          Reach(requirement, algebra_.And(here, marker));
        });
  }

  const IndexProvider& provider_;
  MarkerAlgebra& algebra_;
  std::map<pypi::Name, const ReleaseMetadata*> metadata_;
  std::map<Subject, MarkerDiagram> reached_;
  std::set<Subject> pending_;
};

}  // namespace

std::map<pypi::Name, MarkerDiagram> PackageMarkers(const solve::Solution& solution,
                                                   const IndexProvider& provider,
                                                   MarkerDiagram fork, MarkerAlgebra& algebra) {
  std::map<pypi::Name, MarkerDiagram> markers;
  for (const auto& [subject, when] : Walk(solution, provider, algebra).From(fork)) {
    if (subject.extra.empty()) {
      markers.emplace(subject.name, when);
    }
  }
  return markers;
}

}  // namespace flowstone::resolve
