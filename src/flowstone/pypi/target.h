// Target: what resolving is for. One interpreter on one platform, which need not be this machine.
#pragma once

#include "flowstone/pypi/marker_environment.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/version.h"

namespace flowstone::pypi {

struct Target {
  MarkerEnvironment markers;
  TagList tags;
  Version python_full_version;

  friend bool operator==(const Target&, const Target&) = default;
};

}  // namespace flowstone::pypi
