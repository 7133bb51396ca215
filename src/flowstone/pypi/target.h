// Target: what resolving is for. One interpreter on one platform, which need not be this machine.
#pragma once

#include "flowstone/base/result.h"
#include "flowstone/pypi/compatible_tags.h"
#include "flowstone/pypi/marker_environment.h"
#include "flowstone/pypi/tag_list.h"
#include "flowstone/pypi/version.h"

namespace flowstone::pypi {

struct Target {
  MarkerEnvironment markers;
  TagList tags;
  Version python_full_version;

  // For an interpreter that is not at hand: marker values follow from the facts. What only the
  // running system knows (platform_release, platform_version; implementation_version of others than
  // CPython) is empty. kInvalid when the facts and the version disagree or the platform cannot be
  // read.
  static Result<Target> Of(const InterpreterFacts& facts, const Version& python_full_version);

  friend bool operator==(const Target&, const Target&) = default;
};

}  // namespace flowstone::pypi
