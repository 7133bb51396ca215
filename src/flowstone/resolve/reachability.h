// PackageMarkers: under which conditions each package of a solution is needed: the conditions of
// the requirements on the way to it, from the request through the packages that need it.
#pragma once

#include <map>

#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/name.h"
#include "flowstone/resolve/index_provider.h"
#include "flowstone/solve/solver.h"

namespace flowstone::resolve {

// Of the solution of one fork; packages that nothing in the fork can need are not among them.
std::map<pypi::Name, pypi::MarkerDiagram> PackageMarkers(const solve::Solution& solution,
                                                         const IndexProvider& provider,
                                                         pypi::MarkerDiagram fork,
                                                         pypi::MarkerAlgebra& algebra);

}  // namespace flowstone::resolve
