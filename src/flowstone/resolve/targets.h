// ResolveForTargets: requirements → one lock for several targets. Each target is resolved by
// itself, exactly, preferring the versions of those before it; a package that not all of them need,
// or need in different versions, gets a marker.
#pragma once

#include <variant>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/target.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"

namespace flowstone::resolve {

// REQUIRES: the request has `targets`. Errors as those of Resolve, and kConflict when two targets
// that markers cannot tell apart need different versions.
Result<std::variant<Resolution, ResolveConflict>> ResolveForTargets(const ResolveRequest& request,
                                                                    CandidateSource& source,
                                                                    ProgressSink& progress,
                                                                    const ResolveOptions& options);

// What markers can say about a target: implementation, Python, system and machine.
Result<pypi::Marker> MarkerOf(const pypi::Target& target);

}  // namespace flowstone::resolve
