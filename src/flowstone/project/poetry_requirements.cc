#include "flowstone/project/poetry_requirements.h"

#include <utility>

namespace flowstone::project {
namespace {

using lock::TomlTable;

Result<PoetryRequirement> RequirementOfTable(const TomlTable& table, const pypi::Name& name) {
  PoetryRequirement requirement{.name = name};
  FLOWSTONE_LET(auto constraint,
                table.Parsed<PoetryConstraint>("version", PoetryConstraint::Parse));
  FLOWSTONE_LET(const PoetryConstraint any, PoetryConstraint::Parse("*"));
  requirement.constraint = std::move(constraint).value_or(any);
  FLOWSTONE_LET(requirement.extras,
                table.ParsedList<pypi::ExtraName>("extras", pypi::ExtraName::Parse));
  FLOWSTONE_LET(const auto marker, table.Parsed<pypi::Marker>("markers", [](std::string_view text) {
    return text.empty() ? Result<pypi::Marker>(pypi::Marker()) : pypi::Marker::Parse(text);
  }));
  requirement.marker = marker.value_or(pypi::Marker());
  FLOWSTONE_LET(const auto python,
                table.Parsed<PoetryConstraint>("python", PoetryConstraint::Parse));
  if (python) {
    requirement.marker = pypi::Marker::And(requirement.marker, python->AsPythonMarker());
  }
  FLOWSTONE_LET(const std::optional<std::string> platform, table.Text("platform"));
  if (platform) {
    const Result<pypi::Marker> where = pypi::Marker::Parse("sys_platform == \"" + *platform + "\"");
    if (!where) {
      return table.Wrong("platform", "'" + *platform + "' is no platform");
    }
    requirement.marker = pypi::Marker::And(requirement.marker, *where);
  }
  FLOWSTONE_LET(const std::optional<bool> optional, table.Truth("optional"));
  requirement.is_optional = optional.value_or(false);
  return requirement;
}

Result<PoetryRequirement> RequirementOfText(const TomlTable& table, const std::string& key,
                                            std::string_view text, const pypi::Name& name) {
  Result<PoetryConstraint> constraint = PoetryConstraint::Parse(text);
  if (!constraint) {
    return table.Wrong(key, constraint.error().message);
  }
  return PoetryRequirement{.name = name, .constraint = *std::move(constraint)};
}

// The names that an extra lists: `[tool.poetry.extras]`.
Status ReadPoetryExtras(const TomlTable& poetry, PoetryRoots& roots) {
  FLOWSTONE_LET(const std::optional<TomlTable> extras, poetry.Table("extras"));
  for (const std::string& key : extras ? extras->Keys() : std::vector<std::string>()) {
    const Result<pypi::ExtraName> extra = pypi::ExtraName::Parse(key);
    if (!extra) {
      return extras->Wrong(key, extra.error().message);
    }
    FLOWSTONE_LET(roots.extras[*extra], extras->ParsedList<pypi::Name>(key, pypi::Name::Parse));
  }
  return Ok();
}

Status ReadPoetryGroups(const TomlTable& poetry, PoetryRoots& roots) {
  FLOWSTONE_LET(const std::optional<TomlTable> dev, poetry.Table("dev-dependencies"));
  if (dev) {
    FLOWSTONE_LET(roots.groups[*pypi::GroupName::Parse("dev")], ReadPoetryRequirements(*dev));
  }
  FLOWSTONE_LET(const std::optional<TomlTable> groups, poetry.Table("group"));
  for (const std::string& key : groups ? groups->Keys() : std::vector<std::string>()) {
    const Result<pypi::GroupName> name = pypi::GroupName::Parse(key);
    if (!name) {
      return groups->Wrong(key, name.error().message);
    }
    FLOWSTONE_LET(const std::optional<TomlTable> group, groups->Table(key));
    FLOWSTONE_LET(const std::optional<bool> is_optional, group->Truth("optional"));
    if (is_optional.value_or(false)) {
      roots.optional_groups.insert(*name);
    }
    FLOWSTONE_LET(const std::optional<TomlTable> table, group->Table("dependencies"));
    if (table) {
      FLOWSTONE_LET(roots.groups[*name], ReadPoetryRequirements(*table));
    }
  }
  return Ok();
}

}  // namespace

Result<std::vector<PoetryRequirement>> ReadPoetryRequirements(const TomlTable& table) {
  std::vector<PoetryRequirement> requirements;
  for (const std::string& key : table.Keys()) {
    if (key == "python") {
      continue;
    }
    const Result<pypi::Name> name = pypi::Name::Parse(key);
    if (!name) {
      return table.Wrong(key, name.error().message);
    }
    const toml::node& node = *table.node().get(key);
    if (const auto* text = node.as_string()) {
      FLOWSTONE_LET(PoetryRequirement requirement,
                    RequirementOfText(table, key, text->get(), *name));
      requirements.push_back(std::move(requirement));
      continue;
    }
    std::vector<TomlTable> entries;
    if (node.is_array()) {
      FLOWSTONE_LET(entries, table.Tables(key));
    } else {
      FLOWSTONE_LET(const std::optional<TomlTable> entry, table.Table(key));
      entries.push_back(*entry);
    }
    for (const TomlTable& entry : entries) {
      FLOWSTONE_LET(PoetryRequirement requirement, RequirementOfTable(entry, *name));
      requirements.push_back(std::move(requirement));
    }
  }
  return requirements;
}

Result<PoetryRoots> ReadPoetryRoots(const TomlTable& pyproject) {
  PoetryRoots roots;
  FLOWSTONE_LET(const std::optional<TomlTable> tools, pyproject.Table("tool"));
  if (!tools) {
    return roots;
  }
  FLOWSTONE_LET(const std::optional<TomlTable> poetry, tools->Table("poetry"));
  if (!poetry) {
    return roots;
  }
  FLOWSTONE_LET(const std::optional<TomlTable> main, poetry->Table("dependencies"));
  if (main) {
    FLOWSTONE_LET(roots.main, ReadPoetryRequirements(*main));
  }
  FLOWSTONE_TRY(ReadPoetryGroups(*poetry, roots));
  FLOWSTONE_TRY(ReadPoetryExtras(*poetry, roots));
  return roots;
}

}  // namespace flowstone::project
