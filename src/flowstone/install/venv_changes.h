// VenvChanges: what has to happen to a virtual environment so that it has the packages of a lock.
//
// Packages that the lock names come to be as the lock has them, whoever installed them before.
// Packages that it does not name go when we installed them, and stay when somebody else did. A
// package stays as it is when its RECORD lists the files of the wheel with their hashes and the
// files are there with their sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/install/environment_plan.h"
#include "flowstone/install/installed_packages.h"

namespace flowstone::install {

enum class VenvAction : std::uint8_t {
  kAdd,
  kUpdate,   // to another version
  kReplace,  // by the same version, because its files or their description differ
  kRemove,
  kKeep,
  kLeave,  // not in the lock, and not ours
};

// "add", "update", "replace", "remove", "keep", "leave".
std::string_view VenvActionName(VenvAction action);

struct VenvChange {
  VenvAction action = VenvAction::kKeep;
  std::string name;
  std::string before = {};                  // version; empty when it was not there
  std::string after = {};                   // version; empty when it is not there any more
  std::optional<std::size_t> planned = {};  // index of the package in the plan
  std::vector<std::size_t> installed = {};  // indices of what is there under that name
};

// The size of what is at a path relative to site-packages, links followed; nothing when no file is.
using SizeOfFile = std::function<std::optional<std::uint64_t>(const std::string& path)>;

// Sorted by name. kConflict when something that is in the way cannot be removed because nobody
// knows its files.
Result<std::vector<VenvChange>> PlanVenvChanges(std::span<const PlannedPackage> packages,
                                                std::span<const InstalledPackage> installed,
                                                const EnvironmentScheme& scheme,
                                                const SizeOfFile& size_of);

}  // namespace flowstone::install
