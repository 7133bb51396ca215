// MergeForks: the answers for several forks, or for several targets, as one lock: an entry for each
// version of a package, with the marker of the environments that need it. Environments are served
// by one fork each, so no two entries of one package apply at once.
#pragma once

#include <map>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/resolve/wheel_environments.h"

namespace flowstone::resolve {

struct SolvedFork {
  pypi::MarkerDiagram fork;  // its environments
  Resolution resolution;
  // Where each package is needed; those that are not named here are needed nowhere.
  std::map<pypi::Name, pypi::MarkerDiagram> markers;
};

struct MergeSpace {
  WheelEnvironments& wheels;  // and the algebra of all diagrams
  pypi::SpecifierSet requires_python = {};
  std::vector<pypi::Marker> environments = {};  // none: all that `requires_python` leaves
  // What is known besides: which extras and groups are never taken together.
  pypi::MarkerDiagram compatible = pypi::MarkerAlgebra::Always();
  std::vector<pypi::MarkerDiagram> choices = {};  // that one of those is taken
};

// The `[tool.flowstone]` table is that of the first fork with the requests and targets of all.
// kConflict when two versions of a package would apply to one environment.
Result<Resolution> MergeForks(std::vector<SolvedFork> forks, const MergeSpace& space);

}  // namespace flowstone::resolve
