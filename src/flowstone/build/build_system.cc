#include "flowstone/build/project_table.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "flowstone/lock/toml_library.h"
#include "flowstone/lock/toml_table.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/specifier.h"

namespace flowstone::build {
namespace {

using lock::TomlTable;

constexpr std::string_view kLegacyBackend = "setuptools.build_meta:__legacy__";
constexpr std::string_view kLegacyRequirement = "setuptools>=40.8.0";

// PEP 517: relative, and inside the project.
Status CheckBackendPath(const TomlTable& table, const std::string& path) {
  const std::string normalized = os::NormalizePath(path);
  if (os::IsAbsolutePath(path) || normalized == ".." || normalized.starts_with("../")) {
    return table.Wrong("backend-path", "'" + path + "' leads out of the project");
  }
  return Ok();
}

Result<BuildSystem> ReadBuildSystem(const TomlTable& document) {
  FLOWSTONE_LET(const std::optional<TomlTable> table, document.Table("build-system"));
  if (!table) {
    return BuildSystem::Legacy();
  }
  if (!table->Has("requires")) {
    return table->Wrong("", "it has no 'requires'");
  }
  BuildSystem system;
  FLOWSTONE_LET(system.requirements,
                table->ParsedList<pypi::Requirement>("requires", pypi::Requirement::Parse));
  FLOWSTONE_LET(const std::optional<std::string> backend, table->Text("build-backend"));
  system.backend = backend.value_or(std::string(kLegacyBackend));
  FLOWSTONE_LET(system.backend_path, table->Texts("backend-path"));
  if (!backend && !system.backend_path.empty()) {
    return table->Wrong("backend-path", "it needs a build-backend");
  }
  for (const std::string& path : system.backend_path) {
    FLOWSTONE_TRY(CheckBackendPath(*table, path));
  }
  return system;
}

Result<std::vector<std::pair<pypi::ExtraName, std::vector<pypi::Requirement>>>> ReadExtras(
    const TomlTable& project) {
  std::vector<std::pair<pypi::ExtraName, std::vector<pypi::Requirement>>> extras;
  FLOWSTONE_LET(const std::optional<TomlTable> table, project.Table("optional-dependencies"));
  if (!table) {
    return extras;
  }
  for (const std::string& key : table->Keys()) {
    const Result<pypi::ExtraName> extra = pypi::ExtraName::Parse(key);
    if (!extra) {
      return table->Wrong(key, extra.error().message);
    }
    FLOWSTONE_LET(std::vector<pypi::Requirement> requirements,
                  table->ParsedList<pypi::Requirement>(key, pypi::Requirement::Parse));
    extras.emplace_back(*extra, std::move(requirements));
  }
  std::ranges::sort(extras, {}, [](const auto& entry) { return entry.first; });
  return extras;
}

Result<std::optional<ProjectFields>> ReadProject(const TomlTable& document) {
  FLOWSTONE_LET(const std::optional<TomlTable> table, document.Table("project"));
  if (!table) {
    return std::optional<ProjectFields>();
  }
  ProjectFields fields;
  FLOWSTONE_LET(const auto name, table->Parsed<pypi::Name>("name", pypi::Name::Parse));
  if (!name) {
    return table->Wrong("", "it has no 'name'");
  }
  fields.name = *name;
  FLOWSTONE_LET(fields.version, table->Parsed<pypi::Version>("version", pypi::Version::Parse));
  FLOWSTONE_LET(const auto requires_python,
                table->Parsed<pypi::SpecifierSet>("requires-python", pypi::SpecifierSet::Parse));
  fields.requires_python = requires_python ? requires_python->ToString() : "";
  FLOWSTONE_LET(fields.dependencies,
                table->ParsedList<pypi::Requirement>("dependencies", pypi::Requirement::Parse));
  FLOWSTONE_LET(fields.extras, ReadExtras(*table));
  FLOWSTONE_LET(fields.dynamic, table->Texts("dynamic"));
  if (!fields.version && !fields.IsDynamic("version")) {
    return table->Wrong("", "it has no 'version', and 'dynamic' does not list it");
  }
  return std::optional(std::move(fields));
}

Result<ProjectTable> ReadProjectTable(const toml::table& document) {
  const TomlTable table(document, "");
  ProjectTable result;
  FLOWSTONE_LET(result.build_system, ReadBuildSystem(table));
  FLOWSTONE_LET(result.project, ReadProject(table));
  return result;
}

}  // namespace

Result<BuildSystem> BuildSystem::Legacy() {
  FLOWSTONE_LET(pypi::Requirement setuptools, pypi::Requirement::Parse(kLegacyRequirement));
  return BuildSystem{.requirements = {std::move(setuptools)},
                     .backend = std::string(kLegacyBackend)};
}

std::string BuildSystem::CanonicalJson() const {
  std::vector<std::string> texts;
  texts.reserve(requirements.size());
  for (const pypi::Requirement& requirement : requirements) {
    texts.push_back(requirement.ToString());
  }
  std::ranges::sort(texts);
  return nlohmann::json({{"requires", texts}, {"backend", backend}, {"backend-path", backend_path}})
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<BuildSystem> BuildSystem::FromJson(std::string_view json) {
  BuildSystem system;
  try {
    const nlohmann::json document = nlohmann::json::parse(json);
    system.backend = document.at("backend").get<std::string>();
    system.backend_path = document.at("backend-path").get<std::vector<std::string>>();
    for (const auto& text : document.at("requires")) {
      FLOWSTONE_LET(pypi::Requirement requirement,
                    pypi::Requirement::Parse(text.get<std::string>()));
      system.requirements.push_back(std::move(requirement));
    }
  } catch (const nlohmann::json::exception&) {
    return Error{ErrorCode::kCorrupt, "a remembered build system cannot be read"};
  }
  return system;
}

bool ProjectFields::IsDynamic(std::string_view field) const {
  return std::ranges::find(dynamic, field) != dynamic.end();
}

Result<ProjectTable> ParseProjectTable(std::string_view pyproject_toml) {
  try {
    const toml::table document = toml::parse(pyproject_toml);
    return Annotate(ReadProjectTable(document), "while reading pyproject.toml");
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return Error{ErrorCode::kInvalid, "pyproject.toml" +
                                          (line == 0 ? "" : ", line " + std::to_string(line)) +
                                          ": " + std::string(error.description())};
  }
}

}  // namespace flowstone::build
