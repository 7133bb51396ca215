// DiffLocks: what changed from one lock to another, package by package, and which input caused it.
//
// Causes are read off the locks themselves: requirements, constraints, policies, cut-offs and
// targets that they record, the dependencies between their packages, and the upload times of their
// files. Where none of these explains a change, that is said.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/lock/lock.h"
#include "flowstone/pypi/name.h"

namespace flowstone::lock {

enum class PackageChange : std::uint8_t { kAdded, kRemoved, kChanged };

std::string_view PackageChangeName(PackageChange change);

struct PackageDifference {
  pypi::Name name;
  PackageChange change = PackageChange::kChanged;
  std::string before = {};  // version, several for a lock with forks; empty: none
  std::string after = {};
  std::vector<std::string> facts = {};  // what else differs: "2 files more", "marker: … -> …"
  std::vector<std::string> causes = {};

  friend bool operator==(const PackageDifference&, const PackageDifference&) = default;
};

struct LockDifference {
  // "requirement alpha<2 -> alpha<3 (step train)", "cut-off 2026-10-01… -> 2026-11-01…"
  std::vector<std::string> inputs = {};
  std::vector<PackageDifference> packages = {};  // sorted by name

  bool empty() const { return inputs.empty() && packages.empty(); }
};

// Who asked for what does not count: only what was asked for.
LockDifference DiffLocks(const Lock& before, const Lock& after);

}  // namespace flowstone::lock
