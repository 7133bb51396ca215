// What `flowstone lock` locks for: this machine, the platforms of --target, or with --universal
// CPython on Linux, macOS and Windows, or the environments that are named.
#pragma once

#include "flowstone/app/lock_inputs.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/install/interpreter.h"

namespace flowstone::cli {

// Completes the wish of `inputs`.
Status ChooseTargets(const EngineSession& session, const install::Interpreter& interpreter,
                     app::LockInputs& inputs);

}  // namespace flowstone::cli
