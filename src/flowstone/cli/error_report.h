// A failure for programs: what `--json` prints on standard output when a command fails.
#pragma once

#include <string>

#include "flowstone/base/error.h"

namespace flowstone::cli {

// {"error": {"code", "message", "reasons", "context", "hints"}}, indented, without a trailing
// newline. `reasons` are the sentences of the argument behind the message, in its order.
std::string ErrorJson(const Error& error);

}  // namespace flowstone::cli
