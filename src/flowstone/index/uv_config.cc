#include "flowstone/index/uv_config.h"

#include <array>
#include <optional>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/lock/toml_library.h"
#include "flowstone/lock/toml_table.h"
#include "flowstone/os/path.h"

namespace flowstone::index {
namespace {

using lock::TomlTable;

// uv's name of a setting, and pip's.
struct Spelling {
  const char* uv;
  const char* pip;
};
constexpr std::array<Spelling, 4> kTextSettings = {{{"index-url", "index-url"},
                                                    {"index-strategy", "index-strategy"},
                                                    {"keyring-provider", "keyring-provider"},
                                                    {"https-proxy", "proxy"}}};
constexpr std::array<Spelling, 3> kListSettings = {{{"extra-index-url", "extra-index-url"},
                                                    {"find-links", "find-links"},
                                                    {"allow-insecure-host", "trusted-host"}}};

Error Located(Error error, const std::string& path) {
  error.message = path + (error.message.starts_with("line ") ? " " : ": ") + error.message;
  return error;
}

Result<std::vector<int>> IgnoredStatuses(const toml::table& table, const TomlTable& reader) {
  std::vector<int> statuses;
  const toml::array* const codes = table["ignore-error-codes"].as_array();
  if (codes == nullptr) {
    return statuses;
  }
  for (const toml::node& code : *codes) {
    const std::optional<int> status = code.value<int>();
    if (!status || *status < 400 || *status > 599) {
      return reader.Wrong("ignore-error-codes", "expected statuses from 400 to 599");
    }
    statuses.push_back(*status);
  }
  return statuses;
}

Result<UvIndex> ReadIndex(const toml::table& table, const TomlTable& reader) {
  UvIndex index;
  IndexDefinition& definition = index.definition;
  FLOWSTONE_LET(const auto name, reader.Text("name"));
  definition.name = name.value_or("");
  FLOWSTONE_LET(definition.url, reader.RequiredText("url"));
  FLOWSTONE_LET(const auto is_explicit, reader.Truth("explicit"));
  FLOWSTONE_LET(const auto is_default, reader.Truth("default"));
  FLOWSTONE_LET(const auto format, reader.Text("format"));
  if (is_explicit.value_or(false)) {
    if (definition.name.empty()) {
      return reader.Wrong("explicit", "an explicit index needs a name");
    }
    definition.reach = IndexReach::kPinnedOnly;
  }
  if (is_default.value_or(false)) {
    index.role = IndexRole::kDefault;
  }
  if (format && *format != "simple" && *format != "flat") {
    return reader.Wrong("format", "expected simple or flat");
  }
  definition.format = format == "flat" ? IndexFormat::kFlat : IndexFormat::kSimple;
  FLOWSTONE_LET(definition.ignored_statuses, IgnoredStatuses(table, reader));
  return index;
}

// The index that a project always comes from; nothing for other sources, and for those that hold in
// some environments, extras or groups only: whoever reads the requirements tells them apart.
Result<std::optional<std::string>> IndexOfSource(const toml::node& source,
                                                 const std::string& path) {
  const toml::array* const choices = source.as_array();
  const toml::node* const only =
      choices != nullptr && choices->size() == 1 ? choices->get(0) : &source;
  const toml::table* const table = only->as_table();
  if (table == nullptr || table->contains("marker") || table->contains("extra") ||
      table->contains("group")) {
    return std::optional<std::string>();
  }
  return TomlTable(*table, path).Text("index");
}

Status ReadSources(const toml::table& sources, UvConfigFile& config) {
  for (const auto& [key, source] : sources) {
    const std::string path = "tool.uv.sources." + std::string(key.str());
    FLOWSTONE_LET(const std::optional<std::string> index, IndexOfSource(source, path));
    if (index) {
      FLOWSTONE_LET(pypi::Name name, pypi::Name::Parse(key.str()));
      config.pins.insert_or_assign(std::move(name), *index);
    }
  }
  return Ok();
}

// uv accepts the settings of `uv pip` apart, in a table of their own; they count before the others.
Status ReadSettings(const toml::table& table, const std::string& path, UvConfigFile& config) {
  const TomlTable reader(table, path);
  for (const Spelling& setting : kTextSettings) {
    FLOWSTONE_LET(auto text, reader.Text(setting.uv));
    if (text) {
      config.values[setting.pip] = {*std::move(text)};
    }
  }
  for (const Spelling& setting : kListSettings) {
    FLOWSTONE_LET(auto texts, reader.TextOrTexts(setting.uv));
    if (!texts.empty()) {
      config.values[setting.pip] = std::move(texts);
    }
  }
  FLOWSTONE_LET(const auto no_index, reader.Truth("no-index"));
  if (no_index) {
    config.values["no-index"] = {*no_index ? "true" : "false"};
  }
  return Ok();
}

Result<UvConfigFile> ReadTables(const toml::table& table, const std::string& prefix,
                                UvConfigFile config) {
  FLOWSTONE_TRY(ReadSettings(table, prefix, config));
  if (const toml::table* const pip = table["pip"].as_table()) {
    FLOWSTONE_TRY(ReadSettings(*pip, prefix.empty() ? "pip" : prefix + ".pip", config));
  }
  if (const toml::array* const indexes = table["index"].as_array()) {
    for (std::size_t i = 0; i < indexes->size(); ++i) {
      const std::string path =
          (prefix.empty() ? "index[" : prefix + ".index[") + std::to_string(i) + "]";
      const toml::table* const entry = (*indexes)[i].as_table();
      if (entry == nullptr) {
        return TomlTable(table, prefix).Wrong("index", "expected tables");
      }
      FLOWSTONE_LET(UvIndex index, ReadIndex(*entry, TomlTable(*entry, path)));
      index.definition.source = config.path;
      config.indexes.push_back(std::move(index));
    }
  }
  const toml::table* const sources = table["sources"].as_table();
  if (sources != nullptr && !table["no-sources"].value_or(false)) {
    FLOWSTONE_TRY(ReadSources(*sources, config));
  }
  FLOWSTONE_LET(
      const auto sourceless,
      TomlTable(table, prefix).ParsedList<pypi::Name>("no-sources-package", pypi::Name::Parse));
  for (const pypi::Name& name : sourceless) {
    config.pins.erase(name);
  }
  return config;
}

Result<toml::table> ParseToml(std::string_view text, const std::string& path) {
  Result<toml::table> document = lock::ParseToml(text);
  return document ? std::move(document) : Result<toml::table>(Located(document.error(), path));
}

// Nothing when there is no such file.
Result<std::optional<std::string>> ReadIfThere(os::FileSystem& files, const std::string& path) {
  Result<std::string> text = files.ReadFile(path);
  if (text) {
    return std::optional(*std::move(text));
  }
  const ErrorCode code = text.error().code;
  if (code == ErrorCode::kNotFound || code == ErrorCode::kDenied) {
    return std::optional<std::string>();
  }
  return Annotate(Result<std::optional<std::string>>(std::move(text.error())),
                  "while reading uv's configuration");
}

// Adds the file of a directory; true when the search ends here.
Result<bool> AddProjectFile(const std::string& directory, os::FileSystem& files, UvConfig& config) {
  const std::string pyproject = os::JoinPath(directory, "pyproject.toml");
  const std::string uv_toml = os::JoinPath(directory, "uv.toml");
  FLOWSTONE_LET(const auto pyproject_text, ReadIfThere(files, pyproject));
  UvConfigFile of_project;
  if (pyproject_text) {
    Result<UvConfigFile> parsed = ParsePyprojectUv(*pyproject_text, pyproject);
    if (parsed) {
      of_project = *std::move(parsed);
    } else {
      config.warnings.push_back("ignored the settings of uv: " + parsed.error().message);
    }
  }
  FLOWSTONE_LET(const auto uv_text, ReadIfThere(files, uv_toml));
  if (uv_text) {
    FLOWSTONE_LET(UvConfigFile parsed, ParseUvToml(*uv_text, uv_toml));
    // Beside a uv.toml only the sources of pyproject.toml count.
    parsed.pins.merge(of_project.pins);
    config.files.push_back(std::move(parsed));
    return true;
  }
  if (!of_project.text.empty()) {
    config.files.push_back(std::move(of_project));
    return true;
  }
  return false;
}

std::vector<std::string> SharedFiles(const os::Environment& environment) {
  std::vector<std::string> paths;
  if (const auto config = environment.GetNonEmpty("XDG_CONFIG_HOME")) {
    paths.push_back(os::JoinPath(*config, "uv/uv.toml"));
  } else if (const auto home = environment.GetNonEmpty("HOME")) {
    paths.push_back(os::JoinPath(*home, ".config/uv/uv.toml"));
  }
  const std::string directories = environment.GetNonEmpty("XDG_CONFIG_DIRS").value_or("/etc/xdg");
  for (const std::string_view directory : SplitText(directories, ':')) {
    if (!directory.empty()) {
      paths.push_back(os::JoinPath(std::string(directory), "uv/uv.toml"));
    }
  }
  paths.emplace_back("/etc/uv/uv.toml");
  return paths;
}

}  // namespace

Result<UvConfigFile> ParseUvToml(std::string_view text, const std::string& path) {
  FLOWSTONE_LET(const toml::table document, ParseToml(text, path));
  Result<UvConfigFile> config = ReadTables(document, "", {.path = path, .text = std::string(text)});
  return config ? std::move(config) : Result<UvConfigFile>(Located(config.error(), path));
}

Result<UvConfigFile> ParsePyprojectUv(std::string_view text, const std::string& path) {
  UvConfigFile empty{.path = path, .kind = UvFileKind::kPyproject};
  // Most have no such table, and the text is read on every start.
  if (text.find("uv") == std::string_view::npos) {
    return empty;
  }
  FLOWSTONE_LET(const toml::table document, ParseToml(text, path));
  const toml::table* const table = document["tool"]["uv"].as_table();
  if (table == nullptr) {
    return empty;
  }
  empty.text = text;
  Result<UvConfigFile> config = ReadTables(*table, "tool.uv", std::move(empty));
  return config ? std::move(config) : Result<UvConfigFile>(Located(config.error(), path));
}

Result<UvConfigFile> ParsePyprojectFlowstone(std::string_view text, const std::string& path) {
  FLOWSTONE_LET(const toml::table document, ParseToml(text, path));
  const toml::table* const table = document["tool"]["flowstone"].as_table();
  UvConfigFile empty{.path = path, .kind = UvFileKind::kPyproject};
  if (table == nullptr) {
    return empty;
  }
  Result<UvConfigFile> config = ReadTables(*table, "tool.flowstone", std::move(empty));
  return config ? std::move(config) : Result<UvConfigFile>(Located(config.error(), path));
}

Result<UvConfig> LoadUvConfig(const std::string& directory, const std::string& working_directory,
                              const os::Environment& environment, os::FileSystem& files) {
  UvConfig config;
  const std::string off = AsciiLower(environment.Get("UV_NO_CONFIG").value_or(""));
  if (!off.empty() && off != "0" && off != "false") {
    return config;
  }
  if (const auto named = environment.GetNonEmpty("UV_CONFIG_FILE")) {
    const std::string path = os::AbsolutePath(working_directory, *named);
    FLOWSTONE_LET(const std::string text,
                  Annotate(files.ReadFile(path), "while reading UV_CONFIG_FILE"));
    FLOWSTONE_LET(UvConfigFile parsed, ParseUvToml(text, path));
    config.files.push_back(std::move(parsed));
    return config;
  }
  for (std::string around = directory;; around = os::DirName(around)) {
    FLOWSTONE_LET(const bool found, AddProjectFile(around, files, config));
    if (found || around == "/" || around.empty()) {
      break;
    }
  }
  for (const std::string& path : SharedFiles(environment)) {
    FLOWSTONE_LET(const auto text, ReadIfThere(files, path));
    if (text) {
      FLOWSTONE_LET(UvConfigFile parsed, ParseUvToml(*text, path));
      config.files.push_back(std::move(parsed));
    }
  }
  return config;
}

}  // namespace flowstone::index
