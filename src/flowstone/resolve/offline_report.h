// MissingPieces: everything that a resolve without network lacks, not only what it stumbled over
// first.
#pragma once

#include <string>
#include <vector>

#include "flowstone/base/error.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"

namespace flowstone::resolve {

// What `source` cannot give (kUnavailable) to a resolve of the request, one noun phrase each: "the
// files of numpy", "the metadata of numpy-2.0-py3-none-any.whl". Found by resolving again and
// again, each time without the projects that are known to be missing; what those depend on is not
// known.
std::vector<std::string> MissingPieces(ResolveRequest request, CandidateSource& source,
                                       const ResolveOptions& options = {});

// An Error that lists them; `first` is the failure of the resolve.
Error OfflineError(const Error& first, const std::vector<std::string>& missing);

}  // namespace flowstone::resolve
