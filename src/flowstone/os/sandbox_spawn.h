// SpawnInSandbox: fork(2), namespaces, limits, execve(2). Internal to the os module:
// PosixProcessRunner calls it for a ProcessSpec with a sandbox.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/process_runner.h"
#include "flowstone/os/sandbox.h"

namespace flowstone::os {

// The process that was started: a guard that ends as the program does. `spec.sandbox` is set.
// It leads a process group of its own. kDenied when the kernel refuses what isolation needs.
Result<pid_t> SpawnInSandbox(const ProcessSpec& spec, const std::string& program,
                             const std::vector<InheritedDescriptor>& descriptors);

}  // namespace flowstone::os
