#include "flowstone/app/own_sources.h"

#include <string_view>
#include <utility>

#include "flowstone/app/workspace.h"
#include "flowstone/base/text.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/net/url.h"
#include "flowstone/os/path.h"
#include "flowstone/project/pyproject.h"
#include "flowstone/pypi/leniency.h"

namespace flowstone::app {
namespace {

constexpr std::string_view kRequiresDist = "requires-dist:";

// The place in the repository that a path in its checkout is.
Result<std::string> InRepository(os::FileSystem& filesystem,
                                 const ProjectSurroundings& surroundings,
                                 const project::WrittenRequirement& written) {
  FLOWSTONE_LET(const net::Url url, net::Url::Parse(written.requirement.url));
  const std::string path = os::NormalizePath(url.DecodedPath());
  const std::string name = written.requirement.name.ToString();
  if (!os::IsWithin(surroundings.top, path)) {
    return Error{ErrorCode::kInvalid, written.source.ToString() + ": the source of " + name +
                                          " leads out of the repository"};
  }
  const std::string inside = os::RelativePath(surroundings.top, path);
  const Result<os::FileInfo> info = filesystem.Stat(path);
  if (!info || info->type != os::FileType::kDirectory) {
    return Error{ErrorCode::kInvalid, written.source.ToString() + ": the source of " + name + ", " +
                                          inside + ", is no directory of the repository"};
  }
  build::DirectReference place = *surroundings.repository;
  place.subdirectory = inside == "." ? "" : inside;
  return place.ToString();
}

Result<std::string> RequirementLine(os::FileSystem& filesystem,
                                    const ProjectSurroundings& surroundings,
                                    const project::WrittenRequirement& written) {
  pypi::Requirement requirement = written.requirement;
  if (surroundings.repository && requirement.url.starts_with("file:")) {
    FLOWSTONE_LET(requirement.url, InRepository(filesystem, surroundings, written));
  } else if (written.editing == project::Editing::kEditable) {
    requirement.url = build::EditableUrl(requirement.url);
  }
  return "Requires-Dist: " + requirement.ToString() + "\n";
}

}  // namespace

Result<std::string> WithOwnSources(os::FileSystem& filesystem, const std::string& directory,
                                   const ProjectSurroundings& surroundings,
                                   const std::string& metadata) {
  const std::string path = os::JoinPath(directory, "pyproject.toml");
  const Result<std::string> text = filesystem.ReadFile(path);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return metadata;
  }
  FLOWSTONE_TRY(text);
  // Where the checkout is on this machine helps nobody.
  const std::string shown = surroundings.repository ? surroundings.repository->url + ": " +
                                                          os::RelativePath(surroundings.top, path)
                                                    : path;
  FLOWSTONE_LET(project::PyProject document, project::ParsePyProject(*text, shown, directory));
  FLOWSTONE_TRY(JoinWorkspace(filesystem, directory, surroundings.top, document));
  if (document.uv.sources.empty()) {
    return metadata;
  }
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
                      {{.requirement = std::move(parsed->value), .source = {.file = shown}}}, {}));
    for (const project::WrittenRequirement& written : sourced.requirements) {
      FLOWSTONE_LET(const std::string line_of_source,
                    RequirementLine(filesystem, surroundings, written));
      placed += line_of_source;
    }
  }
  return placed;
}

}  // namespace flowstone::app
