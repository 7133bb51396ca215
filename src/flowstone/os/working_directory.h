// The directory this process was started in.
#pragma once

#include <string>

#include "flowstone/base/result.h"

namespace flowstone::os {

// Absolute; $PWD's spelling is not used. kNotFound when the directory was removed meanwhile.
Result<std::string> WorkingDirectory();

}  // namespace flowstone::os
