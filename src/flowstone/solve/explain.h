// Explain: the reasons of a conflict in a few numbered sentences. What thousands of versions have
// in common is said once: facts about one package are merged as far as the argument still holds.
//
//   1. step train requires boto3 >=1.34 and urllib3 <1.25.4
//   2. boto3 1.34.0 to 1.44.5 depends on botocore (1.34.0 to 1.44.5)
//   3. botocore 1.34.0 to 1.44.5 depends on urllib3 >=1.25.4
//   so the requirements cannot be satisfied together
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "flowstone/solve/conflict.h"
#include "flowstone/solve/ids.h"

namespace flowstone::solve {

// Names things for people.
class Describer {
 public:
  virtual ~Describer() = default;
  // "numpy", or "requests[socks]" for a feature.
  virtual std::string PackageName(PackageId package) const = 0;
  // "2.1.0".
  virtual std::string CandidateName(PackageId package, Ordinal candidate) const = 0;
  // As the dependent wrote it: ">=2,<3"; empty for a range that contains everything.
  virtual std::string RangeText(PackageId package, RangeId range) const = 0;
  // Who wants `package` in `range`, of the root's dependencies: "step train".
  virtual std::string Requirer(PackageId package, RangeId range) const = 0;
  // A predicate: "has no wheel for this target", "was not found in the index".
  virtual std::string ReasonText(PackageId package, ReasonId reason) const = 0;
};

// What a reason states of the universe: a fact of the provider, for the candidates that matter.
using ReasonFact = std::variant<DependencyFact, UnusableFact>;

struct Explanation {
  std::vector<std::string> reasons;  // in the order of the argument, without numbers
  std::string conclusion;
  // What the reasons rest on. These facts alone leave no solution.
  std::vector<ReasonFact> facts = {};

  // One reason a line, numbered, and the conclusion.
  std::string ToString() const;
};

struct ExplainOptions {
  std::size_t max_reasons = 25;  // longer arguments are cut, and say so
};

Explanation Explain(const Conflict& conflict, const Describer& describer,
                    const ExplainOptions& options = {});

}  // namespace flowstone::solve
