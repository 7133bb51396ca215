#include "flowstone/project/pyproject.h"

#include <algorithm>
#include <array>
#include <utility>

#include "flowstone/project/toml_text.h"
#include "flowstone/project/uv_table_reader.h"

namespace flowstone::project {
namespace {

using lock::TomlTable;

Result<std::map<pypi::ExtraName, std::vector<WrittenRequirement>>> ReadExtras(
    const DocumentPlace& place, const TomlTable& project) {
  std::map<pypi::ExtraName, std::vector<WrittenRequirement>> extras;
  FLOWSTONE_LET(const std::optional<TomlTable> table,
                InDocument(place, project.Table("optional-dependencies")));
  if (!table) {
    return extras;
  }
  for (const std::string& key : table->Keys()) {
    const Result<pypi::ExtraName> name = pypi::ExtraName::Parse(key);
    if (!name) {
      return InDocument(place, table->Wrong(key, name.error().message));
    }
    FLOWSTONE_LET(std::vector<WrittenRequirement> requirements, RequirementsAt(place, *table, key));
    if (!extras.emplace(*name, std::move(requirements)).second) {
      return InDocument(place, table->Wrong(key, "another extra has the same name"));
    }
  }
  return extras;
}

// A field is given or dynamic, never both; the version is one of the two, the name always given.
Status CheckDynamic(const TomlTable& table, const ProjectTable& project) {
  for (const std::string& field : project.dynamic) {
    if (field == "name") {
      return table.Wrong("dynamic", "the name of a project cannot be dynamic");
    }
    if (table.Has(field)) {
      return table.Wrong("dynamic", "the field " + field + " is given, it cannot be dynamic too");
    }
  }
  if (!project.version && !project.IsDynamic("version")) {
    return table.Wrong("", "the key version is missing, and not listed in dynamic");
  }
  return Ok();
}

Result<ProjectTable> ReadFields(const TomlTable& table) {
  ProjectTable project;
  FLOWSTONE_LET(project.written_name, table.RequiredText("name"));
  FLOWSTONE_LET(const auto name, table.Parsed<pypi::Name>("name", pypi::Name::Parse));
  project.name = *name;
  FLOWSTONE_LET(project.version, table.Parsed<pypi::Version>("version", pypi::Version::Parse));
  FLOWSTONE_LET(auto python,
                table.Parsed<pypi::SpecifierSet>("requires-python", pypi::SpecifierSet::Parse));
  project.requires_python = std::move(python).value_or(pypi::SpecifierSet());
  FLOWSTONE_LET(project.dynamic, table.Texts("dynamic"));
  return project;
}

Result<std::optional<ProjectTable>> ReadProject(const DocumentPlace& place,
                                                const TomlTable& document) {
  FLOWSTONE_LET(const std::optional<TomlTable> table, InDocument(place, document.Table("project")));
  if (!table) {
    return std::optional<ProjectTable>();
  }
  FLOWSTONE_LET(ProjectTable project, InDocument(place, ReadFields(*table)));
  FLOWSTONE_LET(project.dependencies, RequirementsAt(place, *table, "dependencies"));
  FLOWSTONE_LET(project.optional_dependencies, ReadExtras(place, *table));
  return std::optional(std::move(project));
}

DependencyGroups::Item GroupItem(const DocumentPlace& place, const toml::node& node) {
  const SourceLine source{.file = place.file, .line = LineOf(node)};
  if (const auto* text = node.as_string()) {
    Result<WrittenRequirement> written = RequirementOf(place, node, text->get());
    return written ? DependencyGroups::Item(*std::move(written))
                   : DependencyGroups::Wrong{std::move(written.error())};
  }
  const toml::table* table = node.as_table();
  const toml::node* include = table == nullptr ? nullptr : table->get("include-group");
  if (include == nullptr || !include->is_string() || table->size() != 1) {
    return DependencyGroups::Wrong{
        {.code = ErrorCode::kInvalid,
         .message = source.ToString() +
                    ": an entry of a dependency group is a requirement or { include-group = \"…\" "
                    "}"}};
  }
  return DependencyGroups::Include{.group = include->as_string()->get(), .source = source};
}

Result<DependencyGroups> ReadGroups(const DocumentPlace& place, const TomlTable& document) {
  DependencyGroups groups;
  FLOWSTONE_LET(const std::optional<TomlTable> table,
                InDocument(place, document.Table("dependency-groups")));
  if (!table) {
    return groups;
  }
  for (const std::string& key : table->Keys()) {
    const toml::node& node = *table->node().get(key);
    std::vector<DependencyGroups::Item> items;
    if (const toml::array* array = node.as_array()) {
      for (const toml::node& item : *array) {
        items.push_back(GroupItem(place, item));
      }
    } else {
      items.emplace_back(
          DependencyGroups::Wrong{InDocument(place, table->Wrong(key, "must be an array"))});
    }
    FLOWSTONE_TRY(groups.Add(key, std::move(items), {.file = place.file, .line = LineOf(node)}));
  }
  return groups;
}

}  // namespace

bool ProjectTable::IsDynamic(std::string_view field) const {
  return std::ranges::find(dynamic, field) != dynamic.end();
}

Result<PyProject> ParsePyProject(std::string_view text, const std::string& file,
                                 const std::string& directory) {
  const DocumentPlace place{.file = file, .directory = directory};
  FLOWSTONE_LET(const toml::table parsed, InDocument(place, lock::ParseToml(text)));
  const TomlTable document(parsed, "");
  PyProject result{.file = file};
  FLOWSTONE_LET(result.project, ReadProject(place, document));
  if (result.project) {
    FLOWSTONE_LET(const std::optional<TomlTable> table, document.Table("project"));
    FLOWSTONE_TRY(InDocument(place, CheckDynamic(*table, *result.project)));
  }
  FLOWSTONE_LET(result.groups, ReadGroups(place, document));
  FLOWSTONE_LET(result.uv, ReadUvTable(place, document));
  for (ConflictingParts& conflict : result.uv.conflicts) {
    for (ProjectPart& part : conflict) {
      if (result.project && !part.project) {
        part.project = result.project->name;
      }
    }
  }
  return result;
}

Result<std::optional<ProjectTable>> ParseProjectTable(std::string_view text,
                                                      const std::string& file,
                                                      const std::string& directory) {
  const DocumentPlace place{.file = file, .directory = directory};
  FLOWSTONE_LET(const toml::table parsed, InDocument(place, lock::ParseToml(text)));
  return ReadProject(place, TomlTable(parsed, ""));
}

}  // namespace flowstone::project
