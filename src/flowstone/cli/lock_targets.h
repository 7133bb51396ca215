// What `flowstone lock` locks for: this machine, the platforms of --target, or with --universal
// CPython on Linux, macOS and Windows, or the environments that are named.
#pragma once

#include "flowstone/app/environment_service.h"
#include "flowstone/app/environment_wish.h"
#include "flowstone/app/lock_inputs.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/install/interpreter.h"

namespace flowstone::cli {

// The interpreter that the wish of `inputs` asks for. A lock for somewhere else does not need it
// here: then it is the usual one, which reads and builds sources, and the wish says so.
Result<install::Interpreter> ChooseInterpreter(const EngineSession& session,
                                               app::EnvironmentService& service,
                                               app::EnvironmentWish& wish);

// Completes the wish of `inputs`.
Status ChooseTargets(const EngineSession& session, const install::Interpreter& interpreter,
                     app::LockInputs& inputs);

}  // namespace flowstone::cli
