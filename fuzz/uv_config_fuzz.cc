// uv's configuration: uv.toml and [tool.uv].
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/index/uv_config.h"
#include "flowstone/project/uv_settings.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  static_cast<void>(flowstone::index::ParseUvToml(text, "/work/uv.toml"));
  static_cast<void>(flowstone::index::ParsePyprojectUv(text, "/work/pyproject.toml"));
  static_cast<void>(flowstone::project::ParseUvTomlSettings(text, "uv.toml", "/work"));
  static_cast<void>(flowstone::project::ParsePyprojectUvSettings(text, "pyproject.toml", "/work"));
  return 0;
}
