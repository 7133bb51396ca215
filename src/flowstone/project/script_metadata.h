// ScriptMetadata: the requirements that a single Python file carries in a comment (PEP 723).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/project/uv_table.h"
#include "flowstone/project/written_requirement.h"
#include "flowstone/pypi/specifier.h"

namespace flowstone::project {

struct ScriptMetadata {
  pypi::SpecifierSet requires_python = {};
  std::vector<WrittenRequirement> dependencies = {};
  UvTable uv = {};
};

// The block "# /// script" … "# ///" of a file; nothing when it has none. kInvalid, naming file and
// line, for two blocks and for a block that cannot be read.
Result<std::optional<ScriptMetadata>> ParseScriptMetadata(std::string_view text,
                                                          const std::string& file,
                                                          const std::string& directory);

}  // namespace flowstone::project
