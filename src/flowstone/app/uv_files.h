// UvFiles: uv's own files (uv.toml, and `[tool.uv]` of the nearest pyproject.toml) have a say in
// what is locked, as they have in uv: how versions are chosen, whatever is locked; and where it is
// no project and no script, as in `uv pip compile`, constraints, overrides and excludes as well.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flowstone/app/lock_inputs.h"
#include "flowstone/base/result.h"
#include "flowstone/index/index_settings.h"
#include "flowstone/os/environment.h"

namespace flowstone::app {

// kPolicies: what is locked states its requirements itself, such as a step of a flow.
enum class UvFileRules : std::uint8_t { kAll, kPolicies };

// Adds what the files say to the tables of `inputs`, behind those of documents that are locked; for
// a project with a uv.toml beside it, what its table says of the choice of versions no longer
// counts. Returns sentences about files that cannot be read: as in uv, a pyproject.toml that is not
// locked may be of something else. kInvalid, naming file and line, for a uv.toml that cannot be.
Result<std::vector<std::string>> AddUvFiles(const std::vector<index::UvConfigFile>& files,
                                            const std::string& working_directory, UvFileRules rules,
                                            LockInputs& inputs);

// What the tables and uv's variables say that would change the answer and is not obeyed, as one
// sentence; empty when there is nothing.
std::string NoteOfSettingsNotObeyed(const LockInputs& inputs, const os::Environment& environment);

}  // namespace flowstone::app
