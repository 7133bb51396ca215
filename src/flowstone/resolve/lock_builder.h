// BuildLock: the lock of a solution, and what the user should know about it.
#pragma once

#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/lock.h"
#include "flowstone/resolve/index_provider.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/solve/solver.h"

namespace flowstone::resolve {

// kInvalid when an index gives no sha256 of a wheel that is needed.
Result<Resolution> BuildLock(const solve::Solution& solution, const IndexProvider& provider,
                             const ResolveRequest& request, const ResolveOptions& options);

}  // namespace flowstone::resolve
