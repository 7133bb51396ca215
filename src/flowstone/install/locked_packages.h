// From a lock to what an environment of it consists of.
#pragma once

#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/install/environment_spec.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/pypi/target.h"

namespace flowstone::install {

// The wheels that `target` needs, by lock::SelectWheels, whose errors these are. Paths in the lock
// that are relative start at `lock_directory`, which is absolute. Packages that the lock has from a
// URL get a direct_url.json.
Result<std::vector<EnvironmentPackage>> PackagesOfLock(const lock::Lock& lock,
                                                       const pypi::Target& target,
                                                       const lock::SelectOptions& options,
                                                       const std::string& lock_directory);

}  // namespace flowstone::install
