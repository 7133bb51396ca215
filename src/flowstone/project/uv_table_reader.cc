#include "flowstone/project/uv_table_reader.h"

#include <array>
#include <utility>

#include "flowstone/net/url.h"
#include "flowstone/os/path.h"
#include "flowstone/project/uv_conflict_reader.h"
#include "flowstone/project/uv_keys.h"
#include "flowstone/project/uv_metadata_reader.h"

namespace flowstone::project {
namespace {

using lock::TomlTable;

constexpr std::array<std::pair<std::string_view, UvSource::Kind>, 5> kSourceKeys = {{
    {"index", UvSource::Kind::kIndex},
    {"git", UvSource::Kind::kGit},
    {"url", UvSource::Kind::kUrl},
    {"path", UvSource::Kind::kPath},
    {"workspace", UvSource::Kind::kWorkspace},
}};

Result<std::string> PlaceOfSource(const DocumentPlace& place, const TomlTable& table,
                                  std::string_view key, UvSource::Kind kind) {
  if (kind == UvSource::Kind::kWorkspace) {
    FLOWSTONE_LET(const std::optional<bool> truth, table.Truth(key));
    return *truth ? Result<std::string>(std::string()) : table.Wrong(key, "can only be true");
  }
  FLOWSTONE_LET(const std::optional<std::string> text, table.Text(key));
  if (kind == UvSource::Kind::kPath) {
    return net::Url::FromPath(os::AbsolutePath(place.directory, text.value_or(""))).ToString();
  }
  return text.value_or("");
}

Result<UvSource> ReadSource(const DocumentPlace& place, const TomlTable& table) {
  UvSource source{.source = {.file = place.file, .line = LineOf(table.node())}};
  std::size_t kinds = 0;
  for (const auto& [key, kind] : kSourceKeys) {
    if (table.Has(key)) {
      ++kinds;
      source.kind = kind;
      FLOWSTONE_LET(source.place, PlaceOfSource(place, table, key, kind));
    }
  }
  if (kinds != 1) {
    return table.Wrong("", "exactly one of index, git, url, path and workspace must be given");
  }
  for (const std::string_view key : {"rev", "tag", "branch"}) {
    FLOWSTONE_LET(std::optional<std::string> revision, table.Text(key));
    if (revision && !source.revision.empty()) {
      return table.Wrong(key, "only one of rev, tag and branch can be given");
    }
    if (revision) {
      source.revision = *std::move(revision);
    }
  }
  FLOWSTONE_LET(std::optional<std::string> subdirectory, table.Text("subdirectory"));
  source.subdirectory = std::move(subdirectory).value_or("");
  FLOWSTONE_LET(const std::optional<bool> editable, table.Truth("editable"));
  source.editing = editable.value_or(false) ? Editing::kEditable : Editing::kInstalled;
  FLOWSTONE_LET(const auto marker, table.Parsed<pypi::Marker>("marker", [](std::string_view text) {
    return pypi::Marker::Parse(text);
  }));
  source.marker = marker.value_or(pypi::Marker());
  FLOWSTONE_LET(source.extra, table.Parsed<pypi::ExtraName>("extra", pypi::ExtraName::Parse));
  FLOWSTONE_LET(source.group, table.Parsed<pypi::GroupName>("group", pypi::GroupName::Parse));
  return source;
}

// A source is a table, or an array of tables that markers keep apart.
Status ReadSources(const DocumentPlace& place, const TomlTable& uv, UvTable& result) {
  FLOWSTONE_LET(const std::optional<TomlTable> sources, uv.Table("sources"));
  if (!sources) {
    return Ok();
  }
  for (const std::string& key : sources->Keys()) {
    const Result<pypi::Name> name = pypi::Name::Parse(key);
    if (!name) {
      return sources->Wrong(key, name.error().message);
    }
    std::vector<TomlTable> tables;
    if (sources->node().get(key)->is_array()) {
      FLOWSTONE_LET(tables, sources->Tables(key));
    } else {
      FLOWSTONE_LET(const std::optional<TomlTable> table, sources->Table(key));
      tables.push_back(*table);
    }
    for (const TomlTable& table : tables) {
      FLOWSTONE_LET(UvSource source, ReadSource(place, table));
      result.sources[*name].push_back(std::move(source));
    }
  }
  return Ok();
}

Status ReadWorkspace(const TomlTable& uv, UvTable& result) {
  FLOWSTONE_LET(const std::optional<TomlTable> table, uv.Table("workspace"));
  if (table) {
    UvWorkspace& workspace = result.workspace.emplace();
    FLOWSTONE_LET(workspace.members, table->Texts("members"));
    FLOWSTONE_LET(workspace.excludes, table->Texts("exclude"));
  }
  return Ok();
}

Status ReadExcludeNewer(const TomlTable& uv, UvTable& result) {
  FLOWSTONE_LET(result.exclude_newer, DateText(uv, "exclude-newer"));
  FLOWSTONE_LET(const std::optional<TomlTable> table, uv.Table("exclude-newer-package"));
  if (!table) {
    return Ok();
  }
  for (const std::string& key : table->Keys()) {
    const Result<pypi::Name> name = pypi::Name::Parse(key);
    if (!name) {
      return table->Wrong(key, name.error().message);
    }
    FLOWSTONE_LET(const std::optional<std::string> text, DateText(*table, key));
    result.exclude_newer_package.emplace(*name, *text);
  }
  return Ok();
}

Status ReadDefaultGroups(const TomlTable& uv, UvTable& result) {
  constexpr std::string_view key = "default-groups";
  const toml::node* node = uv.node().get(key);
  if (node != nullptr && node->is_string()) {
    FLOWSTONE_LET(const std::optional<std::string> text, uv.Text(key));
    if (*text != "all") {
      return uv.Wrong(key, "must be a list of groups or \"all\"");
    }
    result.has_all_groups_by_default = true;
  } else if (node != nullptr) {
    FLOWSTONE_LET(result.default_groups,
                  uv.ParsedList<pypi::GroupName>(key, pypi::GroupName::Parse));
  }
  return Ok();
}

Status ReadFilePolicies(const TomlTable& uv, UvTable& result) {
  FLOWSTONE_LET(result.no_build.of_all, uv.Truth("no-build"));
  FLOWSTONE_LET(result.no_binary.of_all, uv.Truth("no-binary"));
  FLOWSTONE_LET(result.no_build.of,
                uv.ParsedList<pypi::Name>("no-build-package", pypi::Name::Parse));
  FLOWSTONE_LET(result.no_binary.of,
                uv.ParsedList<pypi::Name>("no-binary-package", pypi::Name::Parse));
  return Ok();
}

// Of a table whose keys are names of projects: calls `read(name, table, key)` for each of them.
template <class Read>
Status ReadByProject(const TomlTable& parent, std::string_view key, Read read) {
  FLOWSTONE_LET(const std::optional<TomlTable> projects, parent.Table(key));
  if (!projects) {
    return Ok();
  }
  for (const std::string& text : projects->Keys()) {
    const Result<pypi::Name> name = pypi::Name::Parse(text);
    if (!name) {
      return projects->Wrong(text, name.error().message);
    }
    FLOWSTONE_TRY(read(*name, *projects, text));
  }
  return Ok();
}

// prerelease-package = { NAME = "allow" }
Status ReadPrereleasesOfProjects(const TomlTable& uv, UvTable& result) {
  return ReadByProject(
      uv, "prerelease-package",
      [&](const pypi::Name& name, const TomlTable& projects, const std::string& key) -> Status {
        FLOWSTONE_LET(const std::string mode, projects.RequiredText(key));
        result.prerelease_package.emplace(name, mode);
        return Ok();
      });
}

Result<std::vector<pypi::Marker>> ReadMarkers(const TomlTable& uv, std::string_view key) {
  // uv takes a single text too.
  if (const toml::node* node = uv.node().get(key); node != nullptr && node->is_string()) {
    FLOWSTONE_LET(auto marker, uv.Parsed<pypi::Marker>(key, [](std::string_view text) {
      return pypi::Marker::Parse(text);
    }));
    std::vector<pypi::Marker> markers;
    if (marker) {
      markers.push_back(*std::move(marker));
    }
    return markers;
  }
  return uv.ParsedList<pypi::Marker>(
      key, [](std::string_view text) { return pypi::Marker::Parse(text); });
}

// A value is a text or a list of texts.
Result<std::map<std::string, std::vector<std::string>>> ReadConfigSettings(const TomlTable& parent,
                                                                           std::string_view key) {
  std::map<std::string, std::vector<std::string>> settings;
  FLOWSTONE_LET(const std::optional<TomlTable> table, parent.Table(key));
  if (!table) {
    return settings;
  }
  for (const std::string& name : table->Keys()) {
    if (table->node().get(name)->is_string()) {
      FLOWSTONE_LET(const std::optional<std::string> text, table->Text(name));
      settings[name] = {*text};
    } else {
      FLOWSTONE_LET(settings[name], table->Texts(name));
    }
  }
  return settings;
}

Status ReadBuildSettings(const TomlTable& uv, UvTable& result) {
  FLOWSTONE_LET(result.config_settings, ReadConfigSettings(uv, "config-settings"));
  FLOWSTONE_TRY(ReadByProject(
      uv, "config-settings-package",
      [&](const pypi::Name& name, const TomlTable& projects, const std::string& key) -> Status {
        FLOWSTONE_LET(result.config_settings_of[name], ReadConfigSettings(projects, key));
        return Ok();
      }));
  return ReadByProject(
      uv, "extra-build-variables",
      [&](const pypi::Name& name, const TomlTable& projects, const std::string& key) -> Status {
        FLOWSTONE_LET(const std::optional<TomlTable> variables, projects.Table(key));
        FLOWSTONE_LET(const auto texts, variables->AllTexts());
        result.extra_build_variables[name].insert(texts.begin(), texts.end());
        return Ok();
      });
}

// [tool.uv.dependency-groups] GROUP = { requires-python = ">=3.12" }
Status ReadGroupPythons(const TomlTable& uv, UvTable& result) {
  FLOWSTONE_LET(const std::optional<TomlTable> groups, uv.Table("dependency-groups"));
  if (!groups) {
    return Ok();
  }
  for (const std::string& key : groups->Keys()) {
    const Result<pypi::GroupName> group = pypi::GroupName::Parse(key);
    if (!group) {
      return groups->Wrong(key, group.error().message);
    }
    FLOWSTONE_LET(const std::optional<TomlTable> table, groups->Table(key));
    FLOWSTONE_LET(const auto python,
                  table->Parsed<pypi::SpecifierSet>("requires-python", [](std::string_view text) {
                    return pypi::SpecifierSet::Parse(text);
                  }));
    if (python) {
      result.requires_python_of.emplace(*group, *python);
    }
  }
  return Ok();
}

// The sources that are not to count are not there.
Status DropSources(const TomlTable& uv, UvTable& result) {
  FLOWSTONE_LET(const std::optional<bool> all, uv.Truth("no-sources"));
  FLOWSTONE_LET(const std::vector<pypi::Name> names,
                uv.ParsedList<pypi::Name>("no-sources-package", pypi::Name::Parse));
  if (all.value_or(false)) {
    result.sources.clear();
  }
  for (const pypi::Name& name : names) {
    result.sources.erase(name);
  }
  return Ok();
}

// { requirement = "torch", match-runtime = true }
Result<ExtraBuildRequirement> ReadBuildRequirement(const DocumentPlace& place,
                                                   const TomlTable& table) {
  FLOWSTONE_LET(const std::string text, InDocument(place, table.RequiredText("requirement")));
  ExtraBuildRequirement required;
  FLOWSTONE_LET(required.written, RequirementOf(place, *table.node().get("requirement"), text));
  FLOWSTONE_LET(const std::optional<bool> matches, InDocument(place, table.Truth("match-runtime")));
  required.matches_runtime = matches.value_or(false);
  const pypi::Requirement& requirement = required.written.requirement;
  if (required.matches_runtime && !(requirement.specifiers.empty() && requirement.url.empty())) {
    return InDocument(place,
                      table.Wrong("requirement", "with match-runtime it can only be a name"));
  }
  return required;
}

Status ReadExtraBuildDependencies(const DocumentPlace& place, const TomlTable& uv,
                                  UvTable& result) {
  FLOWSTONE_LET(const std::optional<TomlTable> packages,
                InDocument(place, uv.Table("extra-build-dependencies")));
  if (!packages) {
    return Ok();
  }
  for (const std::string& key : packages->Keys()) {
    const Result<pypi::Name> name = pypi::Name::Parse(key);
    if (!name) {
      return InDocument(place, packages->Wrong(key, name.error().message));
    }
    const Error no_list = InDocument(place, packages->Wrong(key, "must be a list of requirements"));
    const toml::array* const items = packages->node().get(key)->as_array();
    if (items == nullptr) {
      return no_list;
    }
    for (const toml::node& item : *items) {
      ExtraBuildRequirement required;
      if (const toml::table* const table = item.as_table()) {
        FLOWSTONE_LET(required,
                      ReadBuildRequirement(
                          place, TomlTable(*table, "tool.uv.extra-build-dependencies." + key)));
      } else if (const auto* const text = item.as_string()) {
        FLOWSTONE_LET(required.written, RequirementOf(place, item, text->get()));
      } else {
        return no_list;
      }
      result.extra_build_dependencies[*name].push_back(std::move(required));
    }
  }
  return Ok();
}

Status ReadBuildIsolation(const DocumentPlace& place, const TomlTable& uv, UvTable& result) {
  FLOWSTONE_LET(const std::optional<bool> of_all, uv.Truth("no-build-isolation"));
  const auto line = [&](std::string_view key) {
    return SourceLine{.file = place.file, .line = LineOf(*uv.node().get(key))};
  };
  if (of_all.value_or(false)) {
    result.no_build_isolation = line("no-build-isolation");
  }
  result.wants_build_isolation = of_all == false;
  FLOWSTONE_LET(const std::vector<pypi::Name> names,
                uv.ParsedList<pypi::Name>("no-build-isolation-package", pypi::Name::Parse));
  for (const pypi::Name& name : names) {
    result.no_build_isolation_package.emplace(name, line("no-build-isolation-package"));
  }
  return Ok();
}

// What a table says whether or not it is that of a project.
Status ReadPolicies(const DocumentPlace& place, const TomlTable& uv, UvTable& result) {
  FLOWSTONE_LET(result.resolution, uv.Text("resolution"));
  FLOWSTONE_LET(result.prerelease, uv.Text("prerelease"));
  FLOWSTONE_LET(result.fork_strategy, uv.Text("fork-strategy"));
  FLOWSTONE_LET(result.stated_metadata, ReadStatedMetadata(uv));
  FLOWSTONE_TRY(ReadExcludeNewer(uv, result));
  FLOWSTONE_TRY(ReadBuildSettings(uv, result));
  return ReadBuildIsolation(place, uv, result);
}

Result<UvTable> ReadTable(const DocumentPlace& place, const TomlTable& uv) {
  UvTable result;
  FLOWSTONE_TRY(ReadSources(place, uv, result));
  FLOWSTONE_TRY(DropSources(uv, result));
  FLOWSTONE_TRY(ReadWorkspace(uv, result));
  FLOWSTONE_LET(result.excludes,
                uv.ParsedList<pypi::Name>("exclude-dependencies", pypi::Name::Parse));
  FLOWSTONE_LET(result.environments, ReadMarkers(uv, "environments"));
  FLOWSTONE_LET(result.required_environments, ReadMarkers(uv, "required-environments"));
  FLOWSTONE_LET(result.conflicts, ReadUvConflicts(uv));
  FLOWSTONE_TRY(ReadDefaultGroups(uv, result));
  FLOWSTONE_TRY(ReadGroupPythons(uv, result));
  FLOWSTONE_TRY(ReadFilePolicies(uv, result));
  FLOWSTONE_TRY(ReadPrereleasesOfProjects(uv, result));
  FLOWSTONE_TRY(ReadPolicies(place, uv, result));
  return result;
}

// only-binary = [":all:"], or names.
Result<FileRefusal> ReadPipRefusal(const TomlTable& pip, std::string_view key) {
  FLOWSTONE_LET(const std::vector<std::string> words, pip.TextOrTexts(key));
  FileRefusal refusal;
  for (const std::string& word : words) {
    if (word == ":none:") {
      refusal = {};
      continue;
    }
    if (word == ":all:") {
      refusal.of_all = true;
      continue;
    }
    Result<pypi::Name> name = pypi::Name::Parse(word);
    if (!name) {
      return pip.Wrong(key, name.error().message);
    }
    refusal.of.push_back(*std::move(name));
  }
  return refusal;
}

Result<UvTable> ReadPip(const DocumentPlace& place, const TomlTable& pip) {
  UvTable result;
  result.kind = UvTable::Kind::kPip;
  FLOWSTONE_LET(result.no_build.of_all, pip.Truth("no-build"));
  FLOWSTONE_LET(result.only_binary, ReadPipRefusal(pip, "only-binary"));
  FLOWSTONE_LET(result.no_binary, ReadPipRefusal(pip, "no-binary"));
  FLOWSTONE_LET(result.require_hashes, pip.Truth("require-hashes"));
  FLOWSTONE_TRY(ReadPolicies(place, pip, result));
  return result;
}

}  // namespace

Result<UvTable> ReadUvSettings(const DocumentPlace& place, const TomlTable& uv,
                               const std::string& path) {
  FLOWSTONE_LET(UvTable result, InDocument(place, ReadTable(place, uv)));
  result.file = place.file;
  result.path = path;
  FLOWSTONE_TRY(ReadExtraBuildDependencies(place, uv, result));
  FLOWSTONE_LET(result.constraints, RequirementsAt(place, uv, "constraint-dependencies"));
  FLOWSTONE_LET(result.overrides, RequirementsAt(place, uv, "override-dependencies"));
  FLOWSTONE_LET(result.build_constraints,
                RequirementsAt(place, uv, "build-constraint-dependencies"));
  FLOWSTONE_LET(result.dev_dependencies, RequirementsAt(place, uv, "dev-dependencies"));
  result.not_obeyed = KeysNotObeyed(place, uv, path);
  return result;
}

Result<UvTable> ReadUvPipSettings(const DocumentPlace& place, const TomlTable& pip,
                                  const std::string& path) {
  FLOWSTONE_LET(UvTable result, InDocument(place, ReadPip(place, pip)));
  result.file = place.file;
  result.path = path;
  FLOWSTONE_TRY(ReadExtraBuildDependencies(place, pip, result));
  result.not_obeyed = KeysNotObeyed(place, pip, path);
  return result;
}

Result<UvTable> ReadUvTable(const DocumentPlace& place, const TomlTable& document) {
  FLOWSTONE_LET(const std::optional<TomlTable> tools, InDocument(place, document.Table("tool")));
  if (!tools) {
    return UvTable();
  }
  FLOWSTONE_LET(const std::optional<TomlTable> uv, InDocument(place, tools->Table("uv")));
  return uv ? ReadUvSettings(place, *uv, "tool.uv") : Result<UvTable>(UvTable());
}

}  // namespace flowstone::project
