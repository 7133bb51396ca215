// UvConfig: uv's configuration files (TOML), as far as they say where packages come from: uv.toml,
// and [tool.uv] of pyproject.toml. Our own [tool.flowstone] there says it in the same words.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/index_definition.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

enum class IndexRole : std::uint8_t { kAdditional, kDefault };

// An entry of [[index]].
struct UvIndex {
  IndexDefinition definition;  // its URL is as written
  IndexRole role = IndexRole::kAdditional;
};

enum class UvFileKind : std::uint8_t { kUvToml, kPyproject };

struct UvConfigFile {
  std::string path = {};
  UvFileKind kind = UvFileKind::kUvToml;
  // The document, for whoever reads what else it says of uv (project/uv_settings.h); empty when it
  // says nothing.
  std::string text = {};
  std::vector<UvIndex> indexes = {};
  // The values of other settings by pip's names for them: "index-url", "extra-index-url",
  // "find-links", "no-index", "trusted-host", "index-strategy", "keyring-provider",
  // "proxy".
  std::map<std::string, std::vector<std::string>, std::less<>> values = {};
  // [tool.uv.sources] NAME = {index = "…"}
  std::map<pypi::Name, std::string> pins = {};
};

struct UvConfig {
  std::vector<UvConfigFile> files;  // what the first one says counts before the second
  std::vector<std::string> warnings = {};
};

// The settings of a uv.toml. kInvalid with file and line when it is not one.
Result<UvConfigFile> ParseUvToml(std::string_view text, const std::string& path);
// Those of [tool.uv] in a pyproject.toml; no settings when there is no such table.
Result<UvConfigFile> ParsePyprojectUv(std::string_view text, const std::string& path);

// Those of [tool.flowstone] in a pyproject.toml, whose keys project/project_settings.h has checked.
Result<UvConfigFile> ParsePyprojectFlowstone(std::string_view text, const std::string& path);

// Reads the files that uv would read: uv.toml or else pyproject.toml of the directory (absolute),
// or of the nearest one above that has a uv.toml or a [tool.uv]; the user's ~/.config/uv/uv.toml;
// the system's. $UV_CONFIG_FILE, from the working directory, replaces them all, $UV_NO_CONFIG turns
// them off. As in uv a broken pyproject.toml is a warning: it may be of something else.
Result<UvConfig> LoadUvConfig(const std::string& directory, const std::string& working_directory,
                              const os::Environment& environment, os::FileSystem& files);

}  // namespace flowstone::index
