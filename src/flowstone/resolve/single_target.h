// ResolveForOne: requirements → the lock of one target.
#pragma once

#include <variant>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"

namespace flowstone::resolve {

// For `target` of the request, whatever `targets` says. Errors as those of Resolve.
Result<std::variant<Resolution, ResolveConflict>> ResolveForOne(const ResolveRequest& request,
                                                                CandidateSource& source,
                                                                ProgressSink& progress,
                                                                const ResolveOptions& options);

}  // namespace flowstone::resolve
