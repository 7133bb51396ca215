// What a directory is worth that may hold an environment.
#pragma once

#include <optional>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/environment_record.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

struct EnvironmentStanding {
  std::optional<EnvironmentRecord> usable;
  std::string complaint = {};  // why what is there is of no use; empty when nothing is there
};

// Reads one file and looks at one other; where packages stand as symbolic links, also at the plan
// of each archive. No side effects.
Result<EnvironmentStanding> ExamineEnvironment(os::FileSystem& filesystem,
                                               const CacheLayout& layout,
                                               const std::string& directory);

}  // namespace flowstone::install
