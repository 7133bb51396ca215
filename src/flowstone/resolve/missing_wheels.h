// MissingWheels: what a lock for several environments cannot give to some of them. A release that
// has no wheel for an operating system or a Python is locked all the same, as uv does it; whoever
// installs it there should know before.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flowstone/lock/lock.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/wheel_environments.h"

namespace flowstone::resolve {

struct MissingWheels {
  pypi::Name name;
  pypi::Version version;
  std::vector<OperatingSystem> systems = {};  // without any wheel
  std::vector<std::string> pythons = {};      // "3.13": without a wheel on any system

  // "torch 2.9.0 has no wheel for macOS and Windows: …", with how to demand one.
  std::string ToString() const;

  friend bool operator==(const MissingWheels&, const MissingWheels&) = default;
};

// Of a locked package that is needed in these environments; nothing when all have a wheel or a
// source. Whole operating systems and Pythons count: that some machine has no wheel is no news.
std::optional<MissingWheels> FindMissingWheels(const lock::LockedPackage& package,
                                               pypi::MarkerDiagram needed,
                                               WheelEnvironments& environments);

}  // namespace flowstone::resolve
