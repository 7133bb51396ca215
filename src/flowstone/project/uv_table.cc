#include "flowstone/project/uv_table.h"

#include <utility>

#include "flowstone/net/url.h"
#include "flowstone/pypi/marker_diagram.h"

namespace flowstone::project {
namespace {

bool AppliesTo(const UvSource& source, const RequirementScope& scope) {
  return (!source.extra || source.extra == scope.extra) &&
         (!source.group || source.group == scope.group);
}

std::string UrlOf(const UvSource& source) {
  std::string url = source.place;
  if (source.kind == UvSource::Kind::kGit) {
    url = url.starts_with("git+") ? url : "git+" + url;
    url += source.revision.empty() ? "" : "@" + source.revision;
  }
  if (!source.subdirectory.empty()) {
    url += (url.find('#') == std::string::npos ? "#" : "&");
    url += "subdirectory=" + source.subdirectory;
  }
  return url;
}

Error WrongSource(const UvSource& source, const pypi::Name& name, const std::string& what) {
  return Error{
      .code = ErrorCode::kInvalid,
      .message = source.source.ToString() + ": tool.uv.sources." + name.ToString() + ": " + what};
}

// Where the source of a project leads to.
Result<std::string> UrlFor(const UvSource& source, const pypi::Name& name,
                           const WorkspaceMembers& members) {
  if (source.kind != UvSource::Kind::kWorkspace) {
    return UrlOf(source);
  }
  const auto member = members.find(name);
  if (member == members.end()) {
    return WrongSource(source, name, "no member of the workspace has this name")
        .WithHint("list its directory in tool.uv.workspace.members of the project at the root");
  }
  return net::Url::FromPath(member->second).ToString();
}

Status ApplySource(const UvSource& source, const WrittenRequirement& written,
                   const WorkspaceMembers& members, SourcedRequirements& result) {
  const pypi::Name& name = written.requirement.name;
  WrittenRequirement placed = written;
  placed.requirement.marker = pypi::Marker::And(written.requirement.marker, source.marker);
  if (source.kind == UvSource::Kind::kIndex) {
    result.indexes.push_back(
        {.project = name, .index = source.place, .where = placed.requirement.marker});
  } else {
    if (!written.requirement.url.empty()) {
      return WrongSource(
          source, name,
          "the requirement at " + written.source.ToString() + " has a URL of its own");
    }
    placed.requirement.specifiers = {};
    FLOWSTONE_LET(placed.requirement.url, UrlFor(source, name, members));
    placed.editing = source.editing;
  }
  result.requirements.push_back(std::move(placed));
  return Ok();
}

}  // namespace

std::string ProjectPart::ToString() const {
  if (!extra && !group) {
    return project ? "project " + project->ToString() : "the project";
  }
  const std::string part =
      extra ? "extra '" + extra->ToString() + "'" : "group '" + group->ToString() + "'";
  return project ? part + " of " + project->ToString() : part;
}

std::string UvTable::Shown(std::string_view key) const {
  return file + ": " + path + (path.empty() ? "" : ".") + std::string(key);
}

Result<SourcedRequirements> ApplySources(const UvTable& table,
                                         std::vector<WrittenRequirement> requirements,
                                         const RequirementScope& scope) {
  SourcedRequirements result;
  pypi::MarkerAlgebra algebra;
  for (WrittenRequirement& written : requirements) {
    const auto sources = table.sources.find(written.requirement.name);
    if (sources == table.sources.end()) {
      result.requirements.push_back(std::move(written));
      continue;
    }
    // Where no source applies, the requirement stays as it is.
    const pypi::MarkerDiagram whole = algebra.Of(written.requirement.marker);
    pypi::MarkerDiagram rest = whole;
    for (const UvSource& source : sources->second) {
      const pypi::MarkerDiagram where = algebra.And(whole, algebra.Of(source.marker));
      if (!AppliesTo(source, scope) || algebra.IsImpossible(where)) {
        continue;
      }
      if (!algebra.Implies(where, rest)) {
        return WrongSource(source, sources->first, "another source holds in the same environments")
            .WithHint("give them markers of which only one can be true");
      }
      FLOWSTONE_TRY(ApplySource(source, written, table.members, result));
      rest = algebra.And(rest, pypi::MarkerAlgebra::Not(where));
    }
    if (rest == whole) {
      result.requirements.push_back(std::move(written));
    } else if (!algebra.IsImpossible(rest)) {
      written.requirement.marker = algebra.ToMarker(rest);
      result.requirements.push_back(std::move(written));
    }
  }
  return result;
}

}  // namespace flowstone::project
