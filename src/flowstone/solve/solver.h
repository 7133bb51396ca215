// Solve: selects one candidate of every package that is needed, so that all dependencies hold, or
// proves that there is no such selection.
//
// Conflict-driven: every contradiction is analysed and remembered as a new fact, and the search
// goes back to where it was caused (PubGrub, with sets of candidates instead of version ranges).
// The result depends on what the provider answers and on nothing else: packages are tried in the
// order in which they became necessary, those with a single candidate left first, those that keep
// causing conflicts earlier.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/solve/candidate_provider.h"
#include "flowstone/solve/conflict.h"
#include "flowstone/solve/ids.h"

namespace flowstone::solve {

struct SolveStatistics {
  std::uint64_t decisions = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t details_asked = 0;
};

struct Solution {
  // Without the root, in the order in which the packages became necessary.
  std::vector<std::pair<PackageId, Ordinal>> selected;
  SolveStatistics statistics = {};
};

// The limit was reached before an answer was found.
struct Exhausted {
  std::vector<PackageId> most_conflicts;  // the packages most often in conflict, worst first
  SolveStatistics statistics = {};
};

using Outcome = std::variant<Solution, Conflict, Exhausted>;

struct SolveOptions {
  std::uint64_t max_steps = 1'000'000;  // candidates tried
  // Asked now and then; when it says true, the solve ends with kCancelled.
  std::function<bool()> is_cancelled = nullptr;
};

// `root` stands for what is asked for: it has one candidate, whose dependencies are the wishes.
Result<Outcome> Solve(CandidateProvider& provider, PackageId root,
                      const SolveOptions& options = {});

}  // namespace flowstone::solve
