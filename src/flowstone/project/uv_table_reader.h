// ReadUvTable: `[tool.uv]` from its document. Internal to this module: it shows toml++.
#pragma once

#include "flowstone/base/result.h"
#include "flowstone/project/toml_text.h"
#include "flowstone/project/uv_table.h"

namespace flowstone::project {

// Of the whole document; an empty table when it has none. Errors name file and line.
Result<UvTable> ReadUvTable(const DocumentPlace& place, const lock::TomlTable& document);

}  // namespace flowstone::project
