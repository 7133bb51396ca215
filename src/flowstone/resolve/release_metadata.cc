#include "flowstone/resolve/release_metadata.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/metadata.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/target.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/wheel_fit.h"

namespace flowstone::resolve {
namespace {

// The extras under which a requirement holds: one empty name when it always does, none when it
// does not for this target.
std::vector<pypi::ExtraName> ConditionsOf(const pypi::Marker& marker, const pypi::Target& target) {
  if (marker.Evaluate(target.markers)) {
    return {pypi::ExtraName()};
  }
  std::vector<pypi::ExtraName> conditions;
  for (const std::string& text : marker.Extras()) {
    const Result<pypi::ExtraName> extra = pypi::ExtraName::Parse(text);
    if (extra && marker.Evaluate(target.markers, std::span(&*extra, 1))) {
      conditions.push_back(*extra);
    }
  }
  return conditions;
}

}  // namespace

std::variant<ReleaseMetadata, std::string> ReadReleaseMetadata(const std::string& text,
                                                               const pypi::Name& name,
                                                               const pypi::Version& version,
                                                               const ResolveRequest& request) {
  Result<pypi::CoreMetadata> parsed = pypi::CoreMetadata::Parse(text);
  if (!parsed) {
    return "its metadata cannot be read: " + parsed.error().message;
  }
  if (parsed->name != name || parsed->version != version) {
    return "its metadata is that of " + parsed->name.ToString() + " " + parsed->version.ToString();
  }
  if (!AcceptsPython(parsed->requires_python, request.target,
                     request.policies.upper_python_bound)) {
    return "it needs Python " + parsed->requires_python_text + ", and the target has " +
           request.target.python_full_version.ToString();
  }
  ReleaseMetadata metadata{.dependencies = {},
                           .extras = std::move(parsed->provides_extra),
                           .requires_python = std::move(parsed->requires_python)};
  for (const pypi::CoreMetadata::Dependency& dependency : parsed->requires_dist) {
    const pypi::Requirement& requirement = dependency.requirement;
    for (pypi::ExtraName& extra : ConditionsOf(requirement.marker, request.target)) {
      if (!requirement.url.empty() && extra.empty()) {
        return "it depends on " + requirement.name.ToString() +
               " at a URL, and only files of indexes are used";
      }
      if (requirement.url.empty()) {
        metadata.dependencies.push_back({requirement, std::move(extra)});
      }
    }
  }
  return metadata;
}

}  // namespace flowstone::resolve
