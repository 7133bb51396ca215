// RequestRecord: what a lock keeps of the request that it answers, so that people see who asked for
// what, and tools see whether the lock still answers what is asked for now.
#pragma once

#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/resolve/request.h"

namespace flowstone::resolve {

// Everything of the request but what belongs to the solution: the `requested` packages, the indexes
// that they came from, and the version of Flowstone. Credentials are left out.
lock::ToolTable RecordOf(const ResolveRequest& request);

// What a lock keeps of how the sources in it are built. kInvalid for a constraint that is none.
Result<BuildWish> RecordedBuilds(const lock::ToolTable& record);

// Why the lock does not answer the request, one sentence each; empty when it does.
//
// A lock that records its request answers one that asks for the same under the same policies, from
// a target that the lock holds for; the patch release of Python and the newest libc of the machine
// do not matter. A request without a cut-off takes the lock's. Of a lock that records no request
// (another tool's), each requirement and constraint must be satisfied by its packages.
std::vector<std::string> Mismatches(const lock::Lock& lock, const ResolveRequest& request,
                                    const lock::SelectOptions& selection = {});

}  // namespace flowstone::resolve
