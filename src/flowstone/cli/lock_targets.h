// What `flowstone lock` locks for: this machine, the platforms of --target, or with --universal
// CPython on Linux, macOS and Windows.
#pragma once

#include "flowstone/app/environment_wish.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/install/interpreter.h"
#include "flowstone/pypi/specifier.h"

namespace flowstone::cli {

// Completes `wish`. `project_python` is what the project asks for, empty when it asks for nothing.
Status ChooseTargets(const EngineSession& session, const install::Interpreter& interpreter,
                     const pypi::SpecifierSet& project_python, app::EnvironmentWish& wish);

}  // namespace flowstone::cli
