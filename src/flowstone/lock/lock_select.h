// SelectWheels: the files of a lock that one target needs, by the installation rules of PEP 751:
// Python and environment are checked, markers are evaluated, the best wheel is chosen by tags. No
// network is needed and nothing is resolved.
#pragma once

#include <optional>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/lock/lock.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/target.h"
#include "flowstone/pypi/version.h"

namespace flowstone::lock {

struct SelectOptions {
  std::vector<pypi::ExtraName> extras = {};
  std::optional<std::vector<pypi::GroupName>> groups = {};  // absent: the lock's default groups
};

struct SelectedWheel {
  pypi::Name name;
  pypi::Version version;
  LockedFile file;
  Digest sha256;
  // Asked for by name. A lock that does not say (`[tool.flowstone]`) requests all of its packages.
  bool is_requested = true;

  friend bool operator==(const SelectedWheel&, const SelectedWheel&) = default;
};

// Sorted by name. kConflict when the lock is not for this target: its `requires-python`, its
// `environments`, or a package none of whose wheels fits; also when two entries of one package
// apply. kInvalid when a package that applies has no wheel at all or a wheel no sha256.
Result<std::vector<SelectedWheel>> SelectWheels(const Lock& lock, const pypi::Target& target,
                                                const SelectOptions& options = {});

// The packages that the target needs, each with a wheel that fits it or with a source that one can
// be built of. Pointers into `lock`, sorted by name; errors as above.
Result<std::vector<const LockedPackage*>> PackagesFor(const Lock& lock, const pypi::Target& target,
                                                      const SelectOptions& options = {});

// Those of them that have a source, but no wheel that fits it: before
// SelectWheels can take them, a wheel of each has to be built and added to a copy of the lock.
// Pointers into `lock`, sorted by name; errors as above.
Result<std::vector<const LockedPackage*>> PackagesToBuild(const Lock& lock,
                                                          const pypi::Target& target,
                                                          const SelectOptions& options = {});

}  // namespace flowstone::lock
