#include "flowstone/pypi/marker_node.h"

#include <algorithm>
#include <array>
#include <utility>

namespace flowstone::pypi {
namespace {

struct VariableSpelling {
  std::string_view text;
  MarkerVariable variable;
};

// The first spelling of a variable is the one that is written; the dotted ones are those of PEP
// 345.
constexpr std::array<VariableSpelling, 20> kVariables = {{
    {"implementation_name", MarkerVariable::kImplementationName},
    {"implementation_version", MarkerVariable::kImplementationVersion},
    {"os_name", MarkerVariable::kOsName},
    {"platform_machine", MarkerVariable::kPlatformMachine},
    {"platform_python_implementation", MarkerVariable::kPlatformPythonImplementation},
    {"platform_release", MarkerVariable::kPlatformRelease},
    {"platform_system", MarkerVariable::kPlatformSystem},
    {"platform_version", MarkerVariable::kPlatformVersion},
    {"python_full_version", MarkerVariable::kPythonFullVersion},
    {"python_version", MarkerVariable::kPythonVersion},
    {"sys_platform", MarkerVariable::kSysPlatform},
    {"extra", MarkerVariable::kExtra},
    {"extras", MarkerVariable::kExtras},
    {"dependency_groups", MarkerVariable::kDependencyGroups},
    {"os.name", MarkerVariable::kOsName},
    {"sys.platform", MarkerVariable::kSysPlatform},
    {"platform.version", MarkerVariable::kPlatformVersion},
    {"platform.machine", MarkerVariable::kPlatformMachine},
    {"platform.python_implementation", MarkerVariable::kPlatformPythonImplementation},
    {"python_implementation", MarkerVariable::kPlatformPythonImplementation},
}};

constexpr std::array<std::string_view, 10> kOperatorTexts = {"==", "!=", "<=",  ">=", "<",
                                                             ">",  "~=", "===", "in", "not in"};

}  // namespace

std::string_view MarkerVariableText(MarkerVariable variable) {
  const auto* found = std::find_if(kVariables.begin(), kVariables.end(),
                                   [&](const auto& entry) { return entry.variable == variable; });
  return found->text;
}

std::string_view MarkerOperatorText(MarkerOperator op) {
  return kOperatorTexts.at(static_cast<std::size_t>(op));
}

std::optional<MarkerVariable> FindMarkerVariable(std::string_view text) {
  const auto* found = std::find_if(kVariables.begin(), kVariables.end(),
                                   [&](const auto& entry) { return entry.text == text; });
  return found == kVariables.end() ? std::nullopt : std::optional(found->variable);
}

bool ComparesVersions(MarkerVariable variable) {
  switch (variable) {
    case MarkerVariable::kImplementationVersion:
    case MarkerVariable::kPlatformRelease:
    case MarkerVariable::kPythonFullVersion:
    case MarkerVariable::kPythonVersion:
      return true;
    default:
      return false;
  }
}

bool MarkerComparison::Mentions(MarkerVariable variable) const {
  return left == MarkerOperand(variable) || right == MarkerOperand(variable);
}

MarkerTree JoinMarkers(MarkerNodeKind kind, const std::vector<MarkerTree>& parts) {
  if (parts.size() == 1) {
    return parts.front();
  }
  MarkerNode node{.kind = kind};
  for (const MarkerTree& part : parts) {
    if (part->kind == kind) {
      node.children.insert(node.children.end(), part->children.begin(), part->children.end());
    } else {
      node.children.push_back(part);
    }
  }
  return std::make_shared<const MarkerNode>(std::move(node));
}

}  // namespace flowstone::pypi
