#include "flowstone/resolve/release_metadata.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/metadata.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/dependency_rules.h"
#include "flowstone/resolve/policies.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {
namespace {

// The extras under which an override holds: its own marker decides, for those who ask for an extra
// that switches on what it stands for.
std::vector<pypi::ExtraName> ConditionsOfOverride(const pypi::Requirement& stated,
                                                  const pypi::Requirement& replacement,
                                                  const Scope& scope) {
  if (!scope.Admits(replacement.marker)) {
    return {};
  }
  std::vector<pypi::ExtraName> conditions;
  for (const std::string& text : stated.marker.Extras()) {
    if (Result<pypi::ExtraName> extra = pypi::ExtraName::Parse(text)) {
      conditions.push_back(*std::move(extra));
    }
  }
  const bool is_optional = !conditions.empty() && !scope.Admits(stated.marker);
  return is_optional ? conditions : std::vector<pypi::ExtraName>{pypi::ExtraName()};
}

}  // namespace

std::variant<ReleaseMetadata, std::string> ReadReleaseMetadata(
    const std::string& text, const pypi::Name& name, const pypi::Version& version,
    const ResolvePolicies& policies, const Scope& scope, const DependencyRules& rules) {
  Result<pypi::CoreMetadata> parsed = pypi::CoreMetadata::Parse(text);
  if (!parsed) {
    return "its metadata cannot be read: " + parsed.error().message;
  }
  if (parsed->name != name || parsed->version != version) {
    return "its metadata is that of " + parsed->name.ToString() + " " + parsed->version.ToString();
  }
  if (!scope.AcceptsPython(parsed->requires_python, policies.upper_python_bound)) {
    return "it needs Python " + parsed->requires_python_text + ", and " + scope.PythonText();
  }
  ReleaseMetadata metadata{.dependencies = {},
                           .extras = std::move(parsed->provides_extra),
                           .requires_python = std::move(parsed->requires_python)};
  for (const pypi::CoreMetadata::Dependency& dependency : parsed->requires_dist) {
    const pypi::Requirement& stated = dependency.requirement;
    for (const pypi::Requirement* requirement : rules.Apply(stated)) {
      const bool is_override = requirement != &stated;
      for (pypi::ExtraName& extra : is_override ? ConditionsOfOverride(stated, *requirement, scope)
                                                : ConditionsOf(stated.marker, scope)) {
        if (!requirement->url.empty() && extra.empty()) {
          return "it depends on " + requirement->name.ToString() +
                 " at a URL, and only files of indexes are used";
        }
        if (requirement->url.empty()) {
          metadata.dependencies.push_back({*requirement, std::move(extra)});
        }
      }
    }
  }
  return metadata;
}

}  // namespace flowstone::resolve
