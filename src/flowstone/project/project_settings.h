// ProjectSettings: `[tool.flowstone]` of a pyproject.toml: what options of the command line say,
// written down once for everybody who works on the project. A key is the long name of an option.
//
// What concerns a person or a machine and not the project (logins, trusted hosts, whether there is
// a network) is no setting of a project: a repository must not decide it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::project {

struct ProjectSetting {
  // As they would follow the option on the command line; of a switch one, "true" or "false". Paths
  // are absolute.
  std::vector<std::string> values = {};
  // Where it stands, for messages: "pyproject.toml:12: tool.flowstone.resolution".
  std::string shown = {};
};

struct ProjectSettings {
  std::string path = {};  // of the pyproject.toml, absolute
  // By the key of the option. Which indexes there are is read from the file by those who use them
  // (index/uv_config.h); here it was only checked.
  std::map<std::string, ProjectSetting> values = {};
};

// Whether the text can have a `[tool.flowstone]`: most have none, and are read on every start.
bool MayHaveProjectSettings(std::string_view text);

// Nothing when the document has no `[tool.flowstone]`. `file` names it in messages; `path` is
// absolute. kInvalid, naming file and line, for a key that there is not, with the nearest one, for
// a value of the wrong type, and for credentials: a file that is shared can only refer to them.
Result<std::optional<ProjectSettings>> ParseProjectSettings(std::string_view text,
                                                            const std::string& file,
                                                            const std::string& path);

// Those of the nearest pyproject.toml at or above `directory` that has some. Messages name files
// as they are seen from `working_directory`. Both are absolute.
Result<std::optional<ProjectSettings>> FindProjectSettings(os::FileSystem& filesystem,
                                                           const std::string& directory,
                                                           const std::string& working_directory);

// The keys that a project can set, for those who check them against the options.
std::vector<std::string_view> ProjectSettingKeys();

}  // namespace flowstone::project
