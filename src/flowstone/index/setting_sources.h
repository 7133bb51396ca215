// SettingSources: every place where a setting may stand, and which of them counts: FLOWSTONE_* and
// UV_* variables, `[tool.flowstone]` of the project, uv's configuration files, PIP_* variables,
// pip's configuration files.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/pip_config.h"
#include "flowstone/index/uv_config.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::index {

// One setting and the names it goes by.
struct Setting {
  std::string_view option;                    // pip's and, in UvConfigFile::values, uv's
  std::array<std::string_view, 4> variables;  // ours and uv's, the first one first; pip's follows
};

struct FoundSetting {
  std::string text;                     // as it stands; of a list in TOML the first item
  std::vector<std::string> items = {};  // of a list in TOML
  std::string source;                   // the variable or the file
  std::string directory;                // relative paths in it start here

  // The items of a list; in variables and pip's files they are separated by white space, and in
  // uv's find-links variable by commas too.
  std::vector<std::string> Words() const;
};

class SettingSources {
 public:
  // Absolute paths.
  struct Places {
    std::string working_directory;
    std::string project_directory = {};  // where uv's files are looked for; empty: the same
    std::string project_file = {};       // whose [tool.flowstone] counts; empty: none
  };
  // kInvalid for a configuration file that cannot be read as one; it names the file and the line.
  static Result<SettingSources> Load(const Places& places, const os::Environment& environment,
                                     os::FileSystem& files);

  // In our and uv's variables only.
  std::optional<FoundSetting> FindInVariables(const Setting& setting) const;
  // In the files of the project and of uv, then in pip's variables and files.
  std::optional<FoundSetting> FindConfigured(const Setting& setting) const;
  // In all of them.
  std::optional<FoundSetting> Find(const Setting& setting) const;
  // What the files of the project and of uv say beyond single settings.
  const std::vector<UvConfigFile>& config_files() const { return config_.files; }
  const std::vector<std::string>& warnings() const { return config_.warnings; }
  const std::string& working_directory() const { return working_directory_; }

  // The text with every `${NAME}` (capitals, digits, "_") that is set replaced by its value.
  std::string Expand(std::string_view text) const;

 private:
  SettingSources(const std::string& working_directory, const os::Environment& environment)
      : working_directory_(working_directory), environment_(environment) {}
  std::optional<FoundSetting> FindVariable(std::string_view name) const;

  std::string working_directory_;
  os::Environment environment_;
  UvConfig config_;  // of uv, and before it of the project
  PipConfig pip_;
};

}  // namespace flowstone::index
