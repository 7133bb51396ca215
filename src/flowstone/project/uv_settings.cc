#include "flowstone/project/uv_settings.h"

#include "flowstone/project/toml_text.h"
#include "flowstone/project/uv_table_reader.h"

namespace flowstone::project {
namespace {

Result<UvSettings> SettingsOf(const DocumentPlace& place, const toml::table& table,
                              const std::string& path) {
  UvSettings settings;
  FLOWSTONE_LET(settings.general, ReadUvSettings(place, lock::TomlTable(table, path), path));
  if (const toml::table* const pip = table["pip"].as_table()) {
    const std::string pip_path = path.empty() ? "pip" : path + ".pip";
    FLOWSTONE_LET(settings.of_pip,
                  ReadUvPipSettings(place, lock::TomlTable(*pip, pip_path), pip_path));
  }
  return settings;
}

}  // namespace

Result<UvSettings> ParseUvTomlSettings(std::string_view text, const std::string& file,
                                       const std::string& directory) {
  const DocumentPlace place{.file = file, .directory = directory};
  FLOWSTONE_LET(const toml::table document, InDocument(place, lock::ParseToml(text)));
  return SettingsOf(place, document, "");
}

Result<UvSettings> ParsePyprojectUvSettings(std::string_view text, const std::string& file,
                                            const std::string& directory) {
  const DocumentPlace place{.file = file, .directory = directory};
  FLOWSTONE_LET(const toml::table document, InDocument(place, lock::ParseToml(text)));
  const toml::table* const table = document["tool"]["uv"].as_table();
  return table == nullptr ? Result<UvSettings>(UvSettings()) : SettingsOf(place, *table, "tool.uv");
}

}  // namespace flowstone::project
