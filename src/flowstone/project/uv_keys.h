// KeysNotObeyed: the settings of uv that would change what is locked and that nothing here obeys.
// Internal to this module: it shows toml++.
#pragma once

#include <string>
#include <vector>

#include "flowstone/project/toml_text.h"

namespace flowstone::project {

// As people find them: "pyproject.toml:12: tool.uv.torch-backend". `path` is that of the table:
// "tool.uv" of a project, "" of a uv.toml, and either with "pip". A key that nobody knows is one of
// them: a newer uv may know it. What is false or empty changes nothing.
std::vector<std::string> KeysNotObeyed(const DocumentPlace& place, const lock::TomlTable& table,
                                       const std::string& path);

}  // namespace flowstone::project
