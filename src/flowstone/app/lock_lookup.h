// FindAnyLock: a lock by what people call it: the path of a lock file, or the RUN/STEP that used
// it.
#pragma once

#include <string>

#include "flowstone/app/machine.h"
#include "flowstone/base/result.h"
#include "flowstone/lock/lock.h"

namespace flowstone::app {

struct FoundLock {
  lock::Lock lock;
  std::string text;
  std::string directory;  // absolute: relative paths in the lock start here
};

// `name` is a path, "FLOW/RUN/STEP", or "FLOW/RUN" of a run whose steps share one lock. kNotFound
// when there is no such file, run or step, or the step ran in the launching interpreter.
Result<FoundLock> FindAnyLock(const Machine& machine, const std::string& name);

}  // namespace flowstone::app
