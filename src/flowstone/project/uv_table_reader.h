// ReadUvTable: the tables of uv's settings from their documents. Internal to this module: it shows
// toml++. Errors name file and line.
#pragma once

#include <string>

#include "flowstone/base/result.h"
#include "flowstone/project/toml_text.h"
#include "flowstone/project/uv_table.h"

namespace flowstone::project {

// `[tool.uv]` of a document; an empty table when it has none.
Result<UvTable> ReadUvTable(const DocumentPlace& place, const lock::TomlTable& document);

// A table of settings that was found: `[tool.uv]`, or all of a uv.toml. `path` names it in
// messages.
Result<UvTable> ReadUvSettings(const DocumentPlace& place, const lock::TomlTable& uv,
                               const std::string& path);
// The table `pip` in it, whose settings are those of `uv pip`.
Result<UvTable> ReadUvPipSettings(const DocumentPlace& place, const lock::TomlTable& pip,
                                  const std::string& path);

}  // namespace flowstone::project
