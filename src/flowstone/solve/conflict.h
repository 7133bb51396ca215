// Conflict: why no selection exists, as a proof. Its nodes are facts that the provider stated and
// conclusions from two earlier nodes each; the last node is the contradiction. explain.h turns it
// into words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::solve {

// "Every candidate in `dependents` needs `package` in `range` (while `when` is selected)."
struct DependencyFact {
  PackageId dependent;
  OrdinalSet dependents;
  std::optional<PackageId> when = {};
  PackageId package;
  RangeId range;
  OrdinalSet allowed;  // the candidates of `package` in `range`
};

// "No candidate in `candidates` can be used."
struct UnusableFact {
  PackageId package;
  OrdinalSet candidates;
  ReasonId reason;
};

// "The root is selected": what is being solved for.
struct RootFact {
  PackageId root;
};

// A condition on one package. The universe of the set has one more value than the package has
// candidates: the last one stands for "not selected".
struct Term {
  PackageId package;
  OrdinalSet set;
};

// The nodes at `first` and `second` contradict each other unless one of the terms fails.
struct Conclusion {
  std::size_t first = 0;
  std::size_t second = 0;
  std::vector<Term> terms = {};  // they cannot all hold
  // The solver used it again later, in more than one place: worth stating by itself.
  bool is_lemma = false;
};

using ProofNode = std::variant<RootFact, DependencyFact, UnusableFact, Conclusion>;

// What is known of a package as a whole.
struct UniverseFact {
  std::uint32_t candidates = 0;
  ReasonId absence = {};  // why there are none, if so
};

struct Conflict {
  PackageId root;
  std::vector<ProofNode> proof;                           // parents before children
  std::unordered_map<PackageId, UniverseFact> universes;  // of each package in it
};

}  // namespace flowstone::solve
