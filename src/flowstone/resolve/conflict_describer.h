// ConflictDescriber: the words in which a conflict about Python projects is told: names, versions,
// ranges as people write them, and why releases cannot be used.
//
// Releases that cannot be used for the same kind of reason are one fact, however many they are and
// whatever each of them says in detail: the details are told of those that matter in the end.
#pragma once

#include <string>

#include "flowstone/resolve/index_provider.h"
#include "flowstone/resolve/release_judge.h"
#include "flowstone/resolve/scope.h"
#include "flowstone/solve/conflict.h"
#include "flowstone/solve/explain.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::resolve {

class ConflictDescriber final : public solve::Describer {
 public:
  // `provider` outlives this.
  explicit ConflictDescriber(const IndexProvider& provider) : provider_(provider) {}

  // Gives reasons of one kind one number, in all facts of a conflict.
  void MergeReasons(solve::Conflict& conflict) const;

  std::string PackageName(solve::PackageId package) const override;
  std::string CandidateName(solve::PackageId package, solve::Ordinal candidate) const override;
  // Lower bounds first: ">=2,<3,!=2.4".
  std::string RangeText(solve::PackageId package, solve::RangeId range) const override;
  std::string Requirer(solve::PackageId package, solve::RangeId range) const override;
  std::string ReasonText(solve::PackageId package, solve::ReasonId reason,
                         const solve::OrdinalSet& candidates) const override;

 private:
  // What the releases have against them together. REQUIRES: there is one.
  std::string RejectionText(const ProjectVersions& versions,
                            const solve::OrdinalSet& candidates) const;

  const IndexProvider& provider_;
};

// The kind of reason why the lowest of these releases cannot be used.
Rejection RejectionOf(const ProjectVersions& versions, const solve::OrdinalSet& candidates);

}  // namespace flowstone::resolve
