// DivideEnvironments: when one answer cannot serve all environments of a fork, which forks take its
// place.
//
// A resolution for all environments assumes that requirements hold everywhere in the fork. That is
// no longer true when a package states several requirements on one name under different markers
// ("numpy<2 ; python_version < '3.10'" and "numpy>=2 ; python_version >= '3.10'"), or one whose
// marker raises the oldest Python: then the fork is divided along those markers, and each part is
// resolved by itself. Requirements of different packages never divide.
#pragma once

#include <string>
#include <vector>

#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version_set.h"
#include "flowstone/resolve/policies.h"

namespace flowstone::resolve {

// A requirement among those that one package states.
struct SiblingRequirement {
  pypi::Name name;
  pypi::MarkerDiagram marker;
  bool has_upper_bound = false;  // of its versions
};

// Which part is resolved first: its versions are what the later ones prefer.
enum class DivisionOrder : std::uint8_t {
  kNewestPythonFirst,  // each Python gets the newest versions that it can use
  kOldestPythonFirst,  // what serves the oldest Python often serves all
};

DivisionOrder OrderFor(const ResolvePolicies& policies);

// The parts, in the order in which they are resolved; one part, `fork` itself, when nothing
// divides it.
std::vector<pypi::MarkerDiagram> DivideEnvironments(pypi::MarkerDiagram fork,
                                                    const std::vector<SiblingRequirement>& siblings,
                                                    DivisionOrder order,
                                                    pypi::MarkerAlgebra& algebra);

// The lowest key of the Python versions of a diagram; empty: no lower bound.
std::string OldestPython(pypi::MarkerDiagram diagram, pypi::MarkerAlgebra& algebra);

}  // namespace flowstone::resolve
