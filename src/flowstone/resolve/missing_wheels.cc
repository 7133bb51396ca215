#include "flowstone/resolve/missing_wheels.h"

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"

namespace flowstone::resolve {
namespace {

using pypi::MarkerAlgebra;
using pypi::MarkerDiagram;

MarkerDiagram OfWheels(const std::vector<lock::LockedFile>& wheels,
                       WheelEnvironments& environments) {
  MarkerDiagram covered = MarkerAlgebra::Never();
  for (const lock::LockedFile& wheel : wheels) {
    covered = environments.algebra().Or(covered, environments.Of(wheel.name));
  }
  return covered;
}

MarkerDiagram WithPython(const std::string& python, MarkerAlgebra& algebra) {
  const Result<pypi::Marker> marker = pypi::Marker::Parse("python_version == \"" + python + "\"");
  FLOWSTONE_CHECK(marker.has_value());
  return algebra.Of(*marker);
}

}  // namespace

std::string MissingWheels::ToString() const {
  std::vector<std::string> names;
  names.reserve(systems.size() + 1);
  for (const OperatingSystem& system : systems) {
    names.emplace_back(system.name);
  }
  if (!pythons.empty()) {
    names.push_back("Python " + JoinText(pythons, ", "));
  }
  FLOWSTONE_CHECK(!names.empty());
  const std::string demand =
      systems.empty() ? "python_version == '" + pythons.front() + "'"
                      : "sys_platform == '" + std::string(systems.front().sys_platform) + "'";
  return name.ToString() + " " + version.ToString() + " has no wheel for " +
         JoinText(names, " and ") + ": --required-environment \"" + demand +
         "\" takes only versions that have one";
}

std::optional<MissingWheels> FindMissingWheels(const lock::LockedPackage& package,
                                               MarkerDiagram needed,
                                               WheelEnvironments& environments) {
  FLOWSTONE_CHECK(package.version.has_value());
  if (package.sdist || package.wheels.empty()) {
    return std::nullopt;
  }
  MarkerAlgebra& algebra = environments.algebra();
  const MarkerDiagram covered = OfWheels(package.wheels, environments);
  if (algebra.Implies(needed, covered)) {
    return std::nullopt;
  }
  const auto is_missing = [&](MarkerDiagram where) {
    const MarkerDiagram here = algebra.And(needed, where);
    return !algebra.IsImpossible(here) && algebra.AreDisjoint(here, covered);
  };
  MissingWheels missing{.name = package.name, .version = *package.version};
  for (const OperatingSystem& system : kOperatingSystems) {
    if (is_missing(EnvironmentsOn(system, algebra))) {
      missing.systems.push_back(system);
    }
  }
  // The Pythons that environments can have; of later ones nobody has wheels yet.
  constexpr int oldest_minor = 8;
  constexpr int newest_minor = 14;
  for (int minor = oldest_minor; minor <= newest_minor; ++minor) {
    const std::string python = "3." + std::to_string(minor);
    if (is_missing(WithPython(python, algebra))) {
      missing.pythons.push_back(python);
    }
  }
  return missing.systems.empty() && missing.pythons.empty() ? std::nullopt : std::optional(missing);
}

}  // namespace flowstone::resolve
