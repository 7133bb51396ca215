// The tree of a marker. Internal to the module: everyone else wants Marker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "flowstone/pypi/specifier.h"

namespace flowstone::pypi {

enum class MarkerVariable : std::uint8_t {
  kImplementationName,
  kImplementationVersion,
  kOsName,
  kPlatformMachine,
  kPlatformPythonImplementation,
  kPlatformRelease,
  kPlatformSystem,
  kPlatformVersion,
  kPythonFullVersion,
  kPythonVersion,
  kSysPlatform,
  kExtra,
  kExtras,            // a set, in lock files
  kDependencyGroups,  // a set, in lock files
};

enum class MarkerOperator : std::uint8_t {
  kEqual,
  kNotEqual,
  kLessEqual,
  kGreaterEqual,
  kLess,
  kGreater,
  kCompatible,
  kArbitraryEqual,
  kIn,
  kNotIn,
};

std::string_view MarkerVariableText(MarkerVariable variable);
std::string_view MarkerOperatorText(MarkerOperator op);
// The current and the deprecated ("os.name") spellings.
std::optional<MarkerVariable> FindMarkerVariable(std::string_view text);
// Whether values of the variable are compared as versions where both sides can be.
bool ComparesVersions(MarkerVariable variable);
inline bool IsSetValued(MarkerVariable variable) {
  return variable == MarkerVariable::kExtras || variable == MarkerVariable::kDependencyGroups;
}

using MarkerOperand = std::variant<MarkerVariable, std::string>;

struct MarkerComparison {
  MarkerOperand left;
  MarkerOperator op = MarkerOperator::kEqual;
  MarkerOperand right;
  // `op right`, when the left side is compared as a version and the right side is a text.
  std::optional<Specifier> specifier = {};

  bool Mentions(MarkerVariable variable) const;
};

enum class MarkerNodeKind : std::uint8_t { kComparison, kAnd, kOr };

struct MarkerNode {
  MarkerNodeKind kind = MarkerNodeKind::kComparison;
  MarkerComparison comparison = {};                              // of kComparison
  std::vector<std::shared_ptr<const MarkerNode>> children = {};  // of the others, at least two
};

using MarkerTree = std::shared_ptr<const MarkerNode>;

// One node for all of them; children of the same kind give their own children.
MarkerTree JoinMarkers(MarkerNodeKind kind, const std::vector<MarkerTree>& parts);

}  // namespace flowstone::pypi
