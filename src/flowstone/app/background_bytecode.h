// CompileInBackground: what environments were made of without bytecode is compiled by a process of
// its own (os/detached_process.h), so that the next environment has it. Nobody waits for it, and
// nobody is told when it cannot be.
#pragma once

#include <string>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/machine.h"

namespace flowstone::app {

// The command of this program that works the backlog off (install/bytecode_backlog.h).
inline constexpr const char* kCompileCommand = "compile";

// Leaves a wish for what `service` noted, and starts the process. What there is to say about it:
// "compiling 3 packages in the background", or nothing.
std::string CompileInBackground(const Machine& machine, EnvironmentService& service);

}  // namespace flowstone::app
