#include "flowstone/build/build_system.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "flowstone/lock/toml_library.h"
#include "flowstone/lock/toml_table.h"
#include "flowstone/os/path.h"

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

Result<BuildSystem> SystemIn(const TomlTable& document) {
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

Result<BuildSystem> ParseBuildSystem(std::string_view pyproject_toml) {
  const std::string frame = "while reading pyproject.toml";
  FLOWSTONE_LET(const toml::table document, Annotate(lock::ParseToml(pyproject_toml), frame));
  return Annotate(SystemIn(lock::TomlTable(document, "")), frame);
}

}  // namespace flowstone::build
