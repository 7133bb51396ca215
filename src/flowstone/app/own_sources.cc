#include "flowstone/app/own_sources.h"

#include <string_view>
#include <utility>

#include "flowstone/app/workspace.h"
#include "flowstone/base/text.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/os/path.h"
#include "flowstone/project/pyproject.h"
#include "flowstone/pypi/leniency.h"

namespace flowstone::app {
namespace {

constexpr std::string_view kRequiresDist = "requires-dist:";

std::string RequirementLine(const project::WrittenRequirement& written) {
  pypi::Requirement requirement = written.requirement;
  if (written.editing == project::Editing::kEditable) {
    requirement.url = build::EditableUrl(requirement.url);
  }
  return "Requires-Dist: " + requirement.ToString() + "\n";
}

}  // namespace

Result<std::string> WithOwnSources(os::FileSystem& filesystem, const std::string& directory,
                                   const std::string& metadata) {
  const std::string path = os::JoinPath(directory, "pyproject.toml");
  const Result<std::string> text = filesystem.ReadFile(path);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return metadata;
  }
  FLOWSTONE_TRY(text);
  FLOWSTONE_LET(project::PyProject document, project::ParsePyProject(*text, path, directory));
  if (document.uv.sources.empty()) {
    return metadata;
  }
  FLOWSTONE_LET(document.uv.members, WorkspaceOf(filesystem, document.uv, directory));
  std::string placed;
  for (const std::string_view line : SplitLines(metadata)) {
    const bool is_requirement = AsciiLower(line.substr(0, kRequiresDist.size())) == kRequiresDist;
    auto parsed = is_requirement
                      ? pypi::ParseRequirementLeniently(TrimText(line.substr(kRequiresDist.size())))
                      : Error{ErrorCode::kNotFound, ""};
    // What has a place already was given it by the backend, which knows sources of its own.
    if (!parsed || !parsed->value.url.empty()) {
      placed.append(line).append("\n");
      continue;
    }
    FLOWSTONE_LET(const project::SourcedRequirements sourced,
                  project::ApplySources(
                      document.uv,
                      {{.requirement = std::move(parsed->value), .source = {.file = path}}}, {}));
    for (const project::WrittenRequirement& written : sourced.requirements) {
      placed += RequirementLine(written);
    }
  }
  return placed;
}

}  // namespace flowstone::app
