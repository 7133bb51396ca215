#include "flowstone/resolve/locked_expectation.h"

#include <algorithm>
#include <map>
#include <utility>

#include "flowstone/base/error.h"
#include "flowstone/base/text.h"
#include "flowstone/lock/toml_library.h"
#include "flowstone/pypi/marker_diagram.h"

namespace flowstone::resolve {
namespace {

Result<ExpectedPackage> ReadExpectedPackage(const toml::table& table) {
  ExpectedPackage package{.name = table["name"].value_or(std::string()),
                          .version = table["version"].value_or(std::string())};
  if (const auto marker = table["marker"].value<std::string>()) {
    FLOWSTONE_LET(package.marker, pypi::Marker::Parse(*marker, pypi::MarkerVariables::kLockFile));
  }
  if (const toml::array* wheels = table["wheels"].as_array()) {
    package.wheels.emplace();
    for (const toml::node& wheel : *wheels) {
      package.wheels->push_back(wheel.value_or(std::string()));
    }
  }
  return package;
}

std::string Listed(const lock::Lock& lock) {
  std::string text;
  for (const lock::LockedPackage& package : lock.packages) {
    text += "\n  " + package.name.ToString() + " " + package.version->ToString();
    text += package.marker.is_always() ? "" : "; " + package.marker.ToString();
  }
  return text.empty() ? " nothing" : text;
}

std::string ComparePackage(const ExpectedPackage& expected, const lock::LockedPackage& package,
                           pypi::MarkerDiagram assumed, pypi::MarkerAlgebra& algebra) {
  const std::string title = expected.name + " " + expected.version;
  const pypi::MarkerDiagram wanted = algebra.And(assumed, algebra.Of(expected.marker));
  const pypi::MarkerDiagram got = algebra.And(assumed, algebra.Of(package.marker));
  if (!algebra.AreEquivalent(wanted, got)) {
    return title + " has the marker '" + package.marker.ToString() + "', expected '" +
           expected.marker.ToString() + "'\n";
  }
  std::vector<std::string> wheels;
  wheels.reserve(package.wheels.size());
  for (const lock::LockedFile& wheel : package.wheels) {
    wheels.push_back(wheel.name);
  }
  std::ranges::sort(wheels);
  if (expected.wheels && *expected.wheels != wheels) {
    return title + " has the wheels " + JoinText(wheels, ", ") + ", expected " +
           JoinText(*expected.wheels, ", ") + "\n";
  }
  return "";
}

}  // namespace

Result<LockedExpectation> LockedExpectation::Parse(std::string_view text) {
  try {
    const toml::table document = toml::parse(text);
    LockedExpectation expectation{.is_satisfiable = document["satisfiable"].value_or(true)};
    if (const toml::array* packages = document["packages"].as_array()) {
      for (const toml::node& node : *packages) {
        FLOWSTONE_LET(ExpectedPackage package, ReadExpectedPackage(*node.as_table()));
        expectation.packages.push_back(std::move(package));
      }
    }
    return expectation;
  } catch (const toml::parse_error& error) {
    return Error{ErrorCode::kInvalid, std::string(error.description())};
  }
}

std::string CompareLocked(const LockedExpectation& expected, const lock::Lock& lock) {
  pypi::MarkerAlgebra algebra(pypi::InterpreterPreviews::kAsReleases);
  pypi::MarkerDiagram environments =
      lock.environments.empty() ? pypi::MarkerAlgebra::Always() : pypi::MarkerAlgebra::Never();
  for (const pypi::Marker& environment : lock.environments) {
    environments = algebra.Or(environments, algebra.Of(environment));
  }
  const pypi::MarkerDiagram assumed =
      algebra.And(algebra.OfPython(lock.requires_python.ToVersionSet()), environments);
  std::map<std::pair<std::string, std::string>, const lock::LockedPackage*> found;
  for (const lock::LockedPackage& package : lock.packages) {
    found.emplace(std::pair(package.name.ToString(), package.version->ToString()), &package);
  }
  std::string difference;
  for (const ExpectedPackage& package : expected.packages) {
    const auto here = found.find({package.name, package.version});
    if (here == found.end()) {
      difference += "there is no " + package.name + " " + package.version + "\n";
      continue;
    }
    difference += ComparePackage(package, *here->second, assumed, algebra);
    found.erase(here);
  }
  for (const auto& [key, package] : found) {
    difference += key.first + " " + key.second + " is not expected\n";
  }
  return difference.empty() ? "" : difference + "the lock has" + Listed(lock);
}

}  // namespace flowstone::resolve
