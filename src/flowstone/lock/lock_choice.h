// LockChoice: an extra or a dependency group that is taken or left when a lock is installed. In
// markers of a lock it reads `"gpu" in extras` and `"dev" in dependency_groups` (PEP 751).
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/name.h"

namespace flowstone::lock {

// Exactly one of the two.
struct LockChoice {
  std::optional<pypi::ExtraName> extra = {};
  std::optional<pypi::GroupName> group = {};

  pypi::Marker ToMarker() const;
  // "extra 'gpu'", "group 'dev'": for messages.
  std::string ToString() const;

  friend auto operator<=>(const LockChoice&, const LockChoice&) = default;
};

// No two of these are ever taken together, so they need not agree on versions.
using ConflictingChoices = std::vector<LockChoice>;

// That at most one of the choices of each conflict is taken.
pypi::MarkerDiagram CompatibleChoices(const std::vector<ConflictingChoices>& conflicts,
                                      pypi::MarkerAlgebra& algebra);

}  // namespace flowstone::lock
