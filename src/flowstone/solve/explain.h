// Explain: the reasons of a conflict in a few sentences, told as a chain. What thousands of
// versions have in common is said once: facts about one package are merged as far as the argument
// still holds, and versions are called what somebody who asks for them has called them.
//
//   because step train requires boto3>=1.34
//   and boto3>=1.34 depends on botocore>=1.34.0
//   and botocore>=1.34.0 depends on urllib3<3,>=1.25.4
//   and step train requires urllib3<1.25.4
//   so no version of urllib3 is left
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
  // Who wants `package` in `range`, of the root's dependencies: "step train". Facts of the root
  // that only hold while the package is selected are told as restrictions by the same.
  virtual std::string Requirer(PackageId package, RangeId range) const = 0;
  // Why these candidates cannot be used: "it has no wheel". Of a package that has no candidate, a
  // predicate: "was not found in the index".
  virtual std::string ReasonText(PackageId package, ReasonId reason,
                                 const OrdinalSet& candidates) const = 0;
};

// What a reason states of the universe: a fact of the provider, for the candidates that matter.
using ReasonFact = std::variant<DependencyFact, UnusableFact>;

struct Explanation {
  // In the order of the argument. What follows from those before it begins with "so".
  std::vector<std::string> reasons;
  // Begins with "so"; empty when the last reason says it all: what it asks for does not exist.
  std::string conclusion;
  // What the reasons rest on. These facts alone leave no solution.
  std::vector<ReasonFact> facts = {};

  // The argument in sentences that begin with "because", "and" and "so"; a single one stands for
  // itself.
  std::vector<std::string> Sentences() const;
  // One sentence a line.
  std::string ToString() const;
};

struct ExplainOptions {
  std::size_t max_reasons = 25;  // longer arguments are cut, and say so
};

Explanation Explain(const Conflict& conflict, const Describer& describer,
                    const ExplainOptions& options = {});

}  // namespace flowstone::solve
