#include "flowstone/resolve/single_target.h"

#include <utility>
#include <variant>

#include "flowstone/base/leave_to_exit.h"
#include "flowstone/resolve/attempt.h"
#include "flowstone/resolve/lock_builder.h"
#include "flowstone/resolve/target_scope.h"

namespace flowstone::resolve {

Result<std::variant<Resolution, ResolveConflict>> ResolveForOne(const ResolveRequest& request,
                                                                CandidateSource& source,
                                                                ProgressSink& progress,
                                                                const ResolveOptions& options) {
  using LockOrConflict = std::variant<Resolution, ResolveConflict>;
  const TargetScope scope(request.target);
  FLOWSTONE_LET(auto outcome, AttemptToSolve(request, scope, source, progress, options));
  if (auto* conflict = std::get_if<ResolveConflict>(&outcome)) {
    return LockOrConflict(std::move(*conflict));
  }
  auto& solved = std::get<Solved>(outcome);
  FLOWSTONE_LET(Resolution resolution,
                BuildLock(solved.solution, *solved.provider, request, options));
  if (options.leftovers == Leftovers::kLeftToExit) {
    LeaveToExit(std::move(solved));
  }
  return LockOrConflict(std::move(resolution));
}

}  // namespace flowstone::resolve
