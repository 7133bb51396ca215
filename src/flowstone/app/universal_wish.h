// UniversalWish of `flowstone lock --universal`: which environments the lock is for, which of them
// every package must serve, and what may be chosen when it is installed: from the command line,
// else from `[tool.uv]`.
#pragma once

#include <string>
#include <vector>

#include "flowstone/app/lock_inputs.h"
#include "flowstone/base/result.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/resolve/request.h"

namespace flowstone::app {

// Of the command line.
struct UniversalOptions {
  pypi::SpecifierSet requires_python = {};
  std::vector<std::string> environments = {};  // markers
  std::vector<std::string> required_environments = {};
};

// Without any environments: CPython on Linux, macOS and Windows. kInvalid for what is no marker,
// for a required environment that the lock is not for, and when no environment is left.
Result<resolve::UniversalWish> MakeUniversalWish(const UniversalOptions& options,
                                                 const LockInputs& inputs);

// kInvalid when extras or groups were chosen that conflict: an environment can have one of them.
Status CheckNoConflicts(const LockInputs& inputs);

}  // namespace flowstone::app
