// Hints of a conflict: what a person can do about it, most useful first.
//
// A hint is only given when it leads somewhere: a version that is named exists and is what was
// asked for but for what the hint is about, a name that is proposed is one that an index has.
#pragma once

#include <string>
#include <vector>

#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/index_provider.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/solve/explain.h"

namespace flowstone::resolve {

// `facts` are those of an explanation. Asks `source` for a few names that are not found there.
std::vector<std::string> HintsFor(const std::vector<solve::ReasonFact>& facts,
                                  const IndexProvider& provider, const ResolveRequest& request,
                                  CandidateSource& source, const ResolveOptions& options);

}  // namespace flowstone::resolve
