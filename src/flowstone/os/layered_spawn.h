// SpawnInLayer: fork(2), a PrivateLayer, execve(2). Internal to the os module: PosixProcessRunner
// calls it for a ProcessSpec with directories of a private layer.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::os {

enum class ChildGroup : std::uint8_t { kOurs, kOwn };

// The process that was started: the program itself. kDenied when the kernel refuses the layer:
// nothing has run then.
Result<pid_t> SpawnInLayer(const ProcessSpec& spec, const std::string& program,
                           const std::vector<InheritedDescriptor>& descriptors, ChildGroup group);

}  // namespace flowstone::os
