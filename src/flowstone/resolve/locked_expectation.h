// LockedExpectation: what a lock for several environments must hold: packages, versions, and the
// meaning of their markers, however they are written. Of tests.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/lock.h"
#include "flowstone/pypi/marker.h"

namespace flowstone::resolve {

struct ExpectedPackage {
  std::string name;
  std::string version;
  pypi::Marker marker = {};
  std::optional<std::vector<std::string>> wheels = {};  // file names, sorted
};

struct LockedExpectation {
  bool is_satisfiable = true;
  std::vector<ExpectedPackage> packages = {};

  // TOML: `satisfiable`, and `[[packages]]` with `name`, `version`, `marker` and `wheels`.
  static Result<LockedExpectation> Parse(std::string_view text);
};

// What differs; empty when nothing does. Markers are compared where the lock
// holds: for its Python versions and environments.
std::string CompareLocked(const LockedExpectation& expected, const lock::Lock& lock);

}  // namespace flowstone::resolve
