#include "flowstone/project/project_settings.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/os/path.h"
#include "flowstone/project/source_line.h"
#include "flowstone/project/toml_text.h"

namespace flowstone::project {
namespace {

using lock::TomlTable;

// How a setting is written, and so how it becomes what an option takes.
enum class Shape : std::uint8_t {
  kSwitch,           // true or false
  kText,             // "3.12"
  kNumber,           // 600
  kDate,             // 2026-11-01, a moment, or a text: "14 days"
  kWords,            // a text or a list of texts
  kFiles,            // the same, of paths that start at the file, or URLs
  kUrls,             // the same, of places that may be on a server
  kNames,            // { NAME = "TEXT" }, each of them NAME=TEXT
  kDates,            // { NAME = DATE }
  kSettings,         // { KEY = "TEXT" } or { KEY = ["TEXT", "TEXT"] }
  kPackageSettings,  // { NAME = { KEY = "TEXT" } }, each of them NAME:KEY=TEXT
  kIndexes,          // [[tool.flowstone.index]]
};

struct KnownSetting {
  std::string_view key;
  Shape shape;
  std::string_view option = {};  // its key in the option table, where that is another one
};

constexpr std::array kKnownSettings = {
    KnownSetting{"index", Shape::kIndexes, "extra-index-url"},
    KnownSetting{"index-url", Shape::kUrls},
    KnownSetting{"extra-index-url", Shape::kUrls},
    KnownSetting{"index-for", Shape::kNames},
    KnownSetting{"index-strategy", Shape::kText},
    KnownSetting{"find-links", Shape::kUrls},
    KnownSetting{"no-index", Shape::kSwitch},
    KnownSetting{"python", Shape::kText},
    KnownSetting{"target", Shape::kWords},
    KnownSetting{"universal", Shape::kSwitch},
    KnownSetting{"environment", Shape::kWords, "lock-environment"},
    KnownSetting{"required-environment", Shape::kWords},
    KnownSetting{"fork-strategy", Shape::kText},
    KnownSetting{"exclude-newer", Shape::kDate},
    KnownSetting{"exclude-newer-package", Shape::kDates},
    KnownSetting{"constraint", Shape::kFiles},
    KnownSetting{"override", Shape::kFiles},
    KnownSetting{"build-constraint", Shape::kFiles},
    KnownSetting{"exclude", Shape::kWords},
    KnownSetting{"compat", Shape::kText},
    KnownSetting{"resolution", Shape::kText},
    KnownSetting{"prerelease", Shape::kText},
    KnownSetting{"prerelease-package", Shape::kNames},
    KnownSetting{"only-binary", Shape::kWords},
    KnownSetting{"no-binary", Shape::kWords},
    KnownSetting{"require-hashes", Shape::kSwitch},
    KnownSetting{"build", Shape::kWords},
    KnownSetting{"allow-build", Shape::kSwitch},
    KnownSetting{"static-sources", Shape::kSwitch},
    KnownSetting{"build-timeout", Shape::kNumber},
    KnownSetting{"build-memory", Shape::kNumber},
    KnownSetting{"build-network", Shape::kSwitch},
    KnownSetting{"config-settings", Shape::kSettings},
    KnownSetting{"config-settings-package", Shape::kPackageSettings},
};

// Of one index; index/uv_config.h takes them.
constexpr std::array<std::string_view, 6> kIndexKeys = {"name",     "url",    "default",
                                                        "explicit", "format", "ignore-error-codes"};

// Options that somebody could look for here.
constexpr std::array<std::string_view, 9> kPersonalOptions = {
    "offline", "refresh", "trusted-host", "allow-insecure-host", "cert",
    "proxy",   "locked",  "upgrade",      "keyring-provider"};

// Whether the URL has a login that is not `${NAME}` throughout.
bool HoldsCredentials(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return false;
  }
  const std::string_view authority =
      url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - scheme - 3);
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) {
    return false;
  }
  const auto is_reference = [](std::string_view part) {
    return part.empty() || (part.starts_with("${") && part.find('}') == part.size() - 1);
  };
  const std::string_view login = authority.substr(0, at);
  const std::size_t colon = login.find(':');
  return !is_reference(login.substr(0, colon)) ||
         (colon != std::string_view::npos && !is_reference(login.substr(colon + 1)));
}

Status CheckNoCredentials(const TomlTable& table, std::string_view key, std::string_view url) {
  if (!HoldsCredentials(url)) {
    return Ok();
  }
  return table.Wrong(key, "a file that is shared must not hold a login")
      .WithHint(
          "give the index a name and set FLOWSTONE_INDEX_<NAME>_USERNAME and …_PASSWORD, or write "
          "https://${USER}:${PASSWORD}@…");
}

// The table at `key`, which is there.
Result<TomlTable> TableAt(const TomlTable& parent, std::string_view key) {
  FLOWSTONE_LET(const std::optional<TomlTable> table, parent.Table(key));
  return table ? Result<TomlTable>(*table) : parent.Wrong(key, "must be a table");
}

Error UnknownKey(const TomlTable& table, const std::string& key,
                 const std::vector<std::string>& known) {
  Error error = table.Wrong(key, "there is no such setting");
  if (const auto nearest = NearestSpelling(key, known)) {
    error.hints.push_back("did you mean '" + *nearest + "'?");
  } else if (std::ranges::find(kPersonalOptions, key) != kPersonalOptions.end()) {
    error.hints.push_back("it is for whoever runs Flowstone to say: by --" + key +
                          ", its variable, or the configuration of pip or uv");
  }
  return error;
}

class SettingReader {
 public:
  SettingReader(const TomlTable& table, const DocumentPlace& place)
      : table_(table), place_(place) {}

  Result<std::vector<std::string>> Values(const KnownSetting& setting) const {
    switch (setting.shape) {
      case Shape::kSwitch:
        return Switch(setting.key);
      case Shape::kText:
        return Text(setting.key);
      case Shape::kNumber:
        return Number(setting.key);
      case Shape::kDate:
        return Date(setting.key);
      case Shape::kWords:
        return table_.TextOrTexts(setting.key);
      case Shape::kFiles:
        return Files(setting.key);
      case Shape::kUrls:
        return Urls(setting.key);
      case Shape::kNames:
      case Shape::kDates:
        return Pairs(setting.key, setting.shape);
      case Shape::kSettings:
        return Settings(table_, setting.key, "");
      case Shape::kPackageSettings:
        return PackageSettings(setting.key);
      case Shape::kIndexes:
        return Indexes(setting.key);
    }
    return std::vector<std::string>();
  }

 private:
  using Words = Result<std::vector<std::string>>;

  Words Switch(std::string_view key) const {
    FLOWSTONE_LET(const std::optional<bool> truth, table_.Truth(key));
    return std::vector<std::string>{*truth ? "true" : "false"};
  }

  Words Text(std::string_view key) const {
    FLOWSTONE_LET(const std::optional<std::string> text, table_.Text(key));
    return std::vector<std::string>{*text};
  }

  Words Number(std::string_view key) const {
    FLOWSTONE_LET(const std::optional<std::uint64_t> number, table_.Number(key));
    return std::vector<std::string>{std::to_string(*number)};
  }

  Words Date(std::string_view key) const {
    FLOWSTONE_LET(const std::optional<std::string> date, DateText(table_, key));
    return std::vector<std::string>{*date};
  }

  Words Files(std::string_view key) const {
    FLOWSTONE_LET(std::vector<std::string> places, table_.TextOrTexts(key));
    for (std::string& place : places) {
      if (place.find("://") == std::string::npos) {
        place = os::AbsolutePath(place_.directory, place);
      }
    }
    return places;
  }

  Words Urls(std::string_view key) const {
    FLOWSTONE_LET(std::vector<std::string> urls, table_.TextOrTexts(key));
    for (const std::string& url : urls) {
      FLOWSTONE_TRY(CheckNoCredentials(table_, key, url));
    }
    return urls;
  }

  Words Pairs(std::string_view key, Shape shape) const {
    FLOWSTONE_LET(const TomlTable pairs, TableAt(table_, key));
    std::vector<std::string> values;
    for (const std::string& name : pairs.Keys()) {
      FLOWSTONE_LET(const std::optional<std::string> text,
                    shape == Shape::kDates ? DateText(pairs, name) : pairs.Text(name));
      values.push_back(std::string(name).append("=").append(*text));
    }
    return values;
  }

  static Words Settings(const TomlTable& parent, std::string_view key, const std::string& prefix) {
    FLOWSTONE_LET(const TomlTable settings, TableAt(parent, key));
    std::vector<std::string> values;
    for (const std::string& name : settings.Keys()) {
      FLOWSTONE_LET(const std::vector<std::string> texts, settings.TextOrTexts(name));
      for (const std::string& text : texts) {
        values.push_back(std::string(prefix).append(name).append("=").append(text));
      }
    }
    return values;
  }

  Words PackageSettings(std::string_view key) const {
    FLOWSTONE_LET(const TomlTable packages, TableAt(table_, key));
    std::vector<std::string> values;
    for (const std::string& name : packages.Keys()) {
      FLOWSTONE_LET(const std::vector<std::string> of_package,
                    Settings(packages, name, name + ":"));
      values.insert(values.end(), of_package.begin(), of_package.end());
    }
    return values;
  }

  // "NAME=URL" of each, for people; whoever uses them reads the tables.
  Words Indexes(std::string_view key) const {
    FLOWSTONE_LET(const std::vector<TomlTable> indexes, table_.Tables(key));
    std::vector<std::string> values;
    for (const TomlTable& index : indexes) {
      for (const std::string& name : index.Keys()) {
        if (std::ranges::find(kIndexKeys, name) == kIndexKeys.end()) {
          return UnknownKey(index, name, {kIndexKeys.begin(), kIndexKeys.end()});
        }
      }
      FLOWSTONE_LET(const std::string url, index.RequiredText("url"));
      FLOWSTONE_TRY(CheckNoCredentials(index, "url", url));
      FLOWSTONE_LET(const std::optional<std::string> name, index.Text("name"));
      values.push_back((name ? *name + "=" : "") + url);
    }
    return values;
  }

  const TomlTable& table_;
  const DocumentPlace& place_;
};

Result<ProjectSettings> ReadSettingsTable(const TomlTable& table, const DocumentPlace& place) {
  ProjectSettings settings;
  const SettingReader reader(table, place);
  for (const std::string& key : table.Keys()) {
    const auto* const known = std::ranges::find(kKnownSettings, key, &KnownSetting::key);
    if (known == kKnownSettings.end()) {
      std::vector<std::string> keys;
      keys.reserve(kKnownSettings.size());
      for (const KnownSetting& setting : kKnownSettings) {
        keys.emplace_back(setting.key);
      }
      return UnknownKey(table, key, keys);
    }
    FLOWSTONE_LET(std::vector<std::string> values, reader.Values(*known));
    if (known->shape != Shape::kIndexes) {
      const std::string option(known->option.empty() ? known->key : known->option);
      const SourceLine source{.file = place.file, .line = LineOf(*table.node().get(key))};
      settings.values[option] = {.values = std::move(values),
                                 .shown = source.ToString() + ": tool.flowstone." + key};
    }
  }
  return settings;
}

}  // namespace

bool MayHaveProjectSettings(std::string_view text) {
  return text.find("flowstone") != std::string_view::npos;
}

Result<std::optional<ProjectSettings>> ParseProjectSettings(std::string_view text,
                                                            const std::string& file,
                                                            const std::string& path) {
  if (!MayHaveProjectSettings(text)) {
    return std::optional<ProjectSettings>();
  }
  const DocumentPlace place{.file = file, .directory = os::DirName(path)};
  FLOWSTONE_LET(const toml::table document, InDocument(place, lock::ParseToml(text)));
  const toml::node_view<const toml::node> node = document["tool"]["flowstone"];
  if (!node) {
    return std::optional<ProjectSettings>();
  }
  const toml::table* const table = node.as_table();
  if (table == nullptr) {
    return Error{ErrorCode::kInvalid, file + ": tool.flowstone must be a table"};
  }
  FLOWSTONE_LET(ProjectSettings settings,
                InDocument(place, ReadSettingsTable(TomlTable(*table, "tool.flowstone"), place)));
  settings.path = path;
  return std::optional(std::move(settings));
}

Result<std::optional<ProjectSettings>> FindProjectSettings(os::FileSystem& filesystem,
                                                           const std::string& directory,
                                                           const std::string& working_directory) {
  for (std::string at = directory;; at = os::DirName(at)) {
    const std::string path = os::JoinPath(at, "pyproject.toml");
    const Result<std::string> text = filesystem.ReadFile(path);
    if (text) {
      FLOWSTONE_LET(std::optional<ProjectSettings> settings,
                    ParseProjectSettings(*text, os::RelativePath(working_directory, path), path));
      if (settings) {
        return settings;
      }
    }
    if (at == "/") {
      return std::optional<ProjectSettings>();
    }
  }
}

std::vector<std::string_view> ProjectSettingKeys() {
  std::vector<std::string_view> keys;
  keys.reserve(kKnownSettings.size());
  for (const KnownSetting& setting : kKnownSettings) {
    keys.push_back(setting.option.empty() ? setting.key : setting.option);
  }
  return keys;
}

}  // namespace flowstone::project
