// ResolveUniversal: requirements → one lock for all environments that the request asks for, with a
// marker at every package that not all of them need.
//
// The environments are resolved together as long as one answer can serve them. Where it cannot,
// they are divided (fork_division.h) and the parts resolved one after the other, each preferring
// the versions of those before it. A part is a fresh run of the solver over the same, cached
// answers of the index, so the result is a function of the request and of what the indexes hold.
#pragma once

#include <variant>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"

namespace flowstone::resolve {

// REQUIRES: the request has `universal`. Errors as those of Resolve.
Result<std::variant<Resolution, ResolveConflict>> ResolveUniversal(const ResolveRequest& request,
                                                                   CandidateSource& source,
                                                                   ProgressSink& progress,
                                                                   const ResolveOptions& options);

}  // namespace flowstone::resolve
