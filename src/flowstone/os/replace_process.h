// execve(2): one program in the place of another.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::os {

// Makes this process run another program: arguments[0] is its path. Returns only when it fails.
Status ReplaceProcess(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment);

}  // namespace flowstone::os
