#include "flowstone/app/written_wishes.h"

#include <algorithm>
#include <utility>

#include "flowstone/pypi/marker_diagram.h"

namespace flowstone::app {

resolve::RequestedRequirement RequestedOf(const project::WrittenRequirement& written) {
  resolve::RequestedRequirement requested{.requirement = written.requirement,
                                          .origin = written.source.ToString()};
  for (const project::FileHash& hash : written.hashes) {
    requested.hashes.push_back({.algorithm = hash.algorithm, .hex = hash.hex});
  }
  return requested;
}

Status CheckStatic(const project::PyProject& document, const std::vector<std::string>& hints) {
  for (const char* field : {"dependencies", "optional-dependencies"}) {
    if (document.project && document.project->IsDynamic(field)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = document.file + " leaves its " + field + " to the build backend",
                   .hints = hints};
    }
  }
  return Ok();
}

Status WrittenWishes::Add(const std::vector<project::WrittenRequirement>& written,
                          Requirements& requirements) {
  for (const project::WrittenRequirement& one : written) {
    FLOWSTONE_LET(resolve::RequestedRequirement requested, request_(one));
    FLOWSTONE_TRY(AddConfigSettings(one, requested.requirement.name));
    requirements.push_back(std::move(requested));
  }
  return Ok();
}

Status WrittenWishes::AddConfigSettings(const project::WrittenRequirement& written,
                                        const pypi::Name& project) {
  if (written.config_settings.empty()) {
    return Ok();
  }
  if (project.empty()) {  // nobody could find them again
    return Error{.code = ErrorCode::kInvalid,
                 .message = written.source.ToString() +
                            ": --config-settings belong to a project with a name",
                 .hints = {"write NAME @ " + written.ToString()}};
  }
  wish_.builds.Add({.settings_of = {{project, written.config_settings}}});
  return Ok();
}

Status WrittenWishes::AddSourced(const project::UvTable& table,
                                 std::vector<project::WrittenRequirement> requirements,
                                 const project::RequirementScope& scope,
                                 const std::optional<lock::LockChoice>& choice) {
  FLOWSTONE_LET(project::SourcedRequirements sourced,
                project::ApplySources(table, std::move(requirements), scope));
  const pypi::Marker taken = choice ? choice->ToMarker() : pypi::Marker();
  for (project::WrittenRequirement& written : sourced.requirements) {
    written.requirement.marker = pypi::Marker::And(written.requirement.marker, taken);
  }
  for (project::IndexChoice& index : sourced.indexes) {
    index.where = pypi::Marker::And(index.where, taken);
    FLOWSTONE_TRY(AddIndex(std::move(index)));
  }
  return AddRequirements(sourced.requirements);
}

Status WrittenWishes::AddIndex(project::IndexChoice choice) {
  pypi::MarkerAlgebra algebra;
  const pypi::MarkerDiagram here =
      algebra.And(algebra.Of(choice.where), lock::CompatibleChoices(conflicts_, algebra));
  for (const project::IndexChoice& other : wish_.index_choices) {
    const bool clashes = other.project == choice.project && other.index != choice.index &&
                         !algebra.AreDisjoint(algebra.Of(other.where), here);
    if (clashes) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = choice.project.ToString() +
                              " cannot come from two indexes at once: " + other.index + " and " +
                              choice.index,
                   .hints = {"declare the extras or groups that differ in tool.uv.conflicts, or "
                             "choose one of them"}};
    }
  }
  if (std::ranges::find(wish_.index_choices, choice) == wish_.index_choices.end()) {
    wish_.index_choices.push_back(std::move(choice));
  }
  return Ok();
}

Status WrittenWishes::AddRules(const project::UvTable& table) {
  FLOWSTONE_TRY(AddConstraints(table.constraints));
  FLOWSTONE_TRY(AddOverrides(table.overrides));
  wish_.excludes.insert(wish_.excludes.end(), table.excludes.begin(), table.excludes.end());
  FLOWSTONE_TRY(AddBuildConstraints(table.build_constraints));
  return AddBuildRules(table);
}

Status WrittenWishes::AddBuildRules(const project::UvTable& table) {
  resolve::BuildWish builds{.settings = table.config_settings,
                            .settings_of = table.config_settings_of,
                            .variables_of = table.extra_build_variables};
  for (const auto& [project, extra] : table.extra_build_dependencies) {
    for (const project::ExtraBuildRequirement& required : extra) {
      const auto match =
          required.matches_runtime ? resolve::VersionMatch::kRuntime : resolve::VersionMatch::kAny;
      FLOWSTONE_LET(const project::SourcedRequirements sourced,
                    project::ApplySources(table, {required.written}, {}));
      for (const project::WrittenRequirement& written : sourced.requirements) {
        builds.requirements_of[project].push_back(
            {.requirement = written.requirement, .match = match});
      }
    }
  }
  if (table.wants_build_isolation) {
    wish_.builds.unisolated.clear();
    wish_.builds.unisolated_projects.clear();
  }
  if (table.no_build_isolation) {
    builds.unisolated = table.no_build_isolation->ToString() + ": tool.uv.no-build-isolation";
  }
  for (const auto& [project, source] : table.no_build_isolation_package) {
    builds.unisolated_projects.emplace(project,
                                       source.ToString() + ": tool.uv.no-build-isolation-package");
  }
  wish_.builds.Add(builds);
  return Ok();
}

}  // namespace flowstone::app
