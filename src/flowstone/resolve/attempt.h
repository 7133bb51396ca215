// Attempt: one run of the solver over what an index offers: a solution, together with the provider
// that knows what its numbers mean, or the reasons why there is none.
#pragma once

#include <memory>
#include <variant>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/index_provider.h"
#include "flowstone/resolve/placed_source.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/resolve/scope.h"
#include "flowstone/resolve/stated_source.h"
#include "flowstone/solve/solver.h"

namespace flowstone::resolve {

struct Solved {
  // Of the provider, each over the one before; null: it was not needed.
  std::unique_ptr<PlacedSource> placed;
  std::unique_ptr<StatedSource> stated;
  std::unique_ptr<IndexProvider> provider;
  solve::Solution solution;
};

// The references outlive the provider. Errors as those of Resolve; kConflict when the solver gave
// up.
Result<std::variant<Solved, ResolveConflict>> AttemptToSolve(const ResolveRequest& request,
                                                             const Scope& scope,
                                                             CandidateSource& source,
                                                             ProgressSink& progress,
                                                             const ResolveOptions& options);

}  // namespace flowstone::resolve
