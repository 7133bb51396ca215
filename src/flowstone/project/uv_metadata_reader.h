// ReadStatedMetadata: `[[dependency-metadata]]` of uv's settings. Internal to this module: it shows
// toml++.
#pragma once

#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/toml_table.h"
#include "flowstone/pypi/stated_metadata.h"

namespace flowstone::project {

// In their order. kInvalid with the line for a value that cannot be, and for a key that is none of
// uv's: a misspelt one would state that there is nothing.
Result<std::vector<pypi::StatedMetadata>> ReadStatedMetadata(const lock::TomlTable& uv);

}  // namespace flowstone::project
