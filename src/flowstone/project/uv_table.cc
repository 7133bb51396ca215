#include "flowstone/project/uv_table.h"

#include <utility>

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

Status ApplySource(const UvSource& source, const WrittenRequirement& written,
                   SourcedRequirements& result) {
  const pypi::Name& name = written.requirement.name;
  WrittenRequirement placed = written;
  placed.requirement.marker = pypi::Marker::And(written.requirement.marker, source.marker);
  if (source.kind == UvSource::Kind::kWorkspace) {
    return WrongSource(source, name, "members of a workspace are not searched for")
        .WithHint("name the directory: { path = \"…\" }");
  }
  if (source.kind == UvSource::Kind::kIndex) {
    const auto [at, added] = result.index_of.emplace(name, source.place);
    if (!added && at->second != source.place) {
      return WrongSource(source, name,
                         "one project cannot come from two indexes in one resolution: " +
                             at->second + " and " + source.place);
    }
  } else {
    if (!written.requirement.url.empty()) {
      return WrongSource(
          source, name,
          "the requirement at " + written.source.ToString() + " has a URL of its own");
    }
    placed.requirement.specifiers = {};
    placed.requirement.url = UrlOf(source);
    placed.editing = source.editing;
  }
  result.requirements.push_back(std::move(placed));
  return Ok();
}

}  // namespace

Result<SourcedRequirements> ApplySources(const UvTable& table,
                                         std::vector<WrittenRequirement> requirements,
                                         const RequirementScope& scope) {
  SourcedRequirements result;
  pypi::MarkerAlgebra algebra;
  for (WrittenRequirement& written : requirements) {
    const auto sources = table.sources.find(written.requirement.name);
    // Where no source applies, the requirement stays as it is.
    pypi::MarkerDiagram rest = algebra.Of(written.requirement.marker);
    bool is_placed = false;
    if (sources != table.sources.end()) {
      for (const UvSource& source : sources->second) {
        const pypi::MarkerDiagram where = algebra.Of(source.marker);
        if (AppliesTo(source, scope) &&
            !algebra.AreDisjoint(where, algebra.Of(written.requirement.marker))) {
          FLOWSTONE_TRY(ApplySource(source, written, result));
          rest = algebra.And(rest, pypi::MarkerAlgebra::Not(where));
          is_placed = true;
        }
      }
    }
    if (!is_placed) {
      result.requirements.push_back(std::move(written));
    } else if (!algebra.IsImpossible(rest)) {
      written.requirement.marker = algebra.ToMarker(rest);
      result.requirements.push_back(std::move(written));
    }
  }
  return result;
}

}  // namespace flowstone::project
