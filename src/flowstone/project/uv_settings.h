// UvSettings: what a configuration file of uv says about resolving, whatever is resolved: uv.toml,
// or `[tool.uv]` of a pyproject.toml that is not locked itself. Where packages come from is read
// from the same files by index/uv_config.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/project/uv_table.h"

namespace flowstone::project {

struct UvSettings {
  UvTable general = {};
  // `pip` in it: settings of `uv pip`, which come first where no project is locked.
  std::optional<UvTable> of_pip = {};
};

// `file` names the document in messages; relative paths in it start at `directory` (absolute).
// kInvalid, naming file, line and key, for values that cannot be.
Result<UvSettings> ParseUvTomlSettings(std::string_view text, const std::string& file,
                                       const std::string& directory);
// The same of a pyproject.toml; nothing where it has no such table.
Result<UvSettings> ParsePyprojectUvSettings(std::string_view text, const std::string& file,
                                            const std::string& directory);

}  // namespace flowstone::project
