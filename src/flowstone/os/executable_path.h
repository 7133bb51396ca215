// Where the program that runs now lies, for child processes that have to call it.
#pragma once

#include <string>

#include "flowstone/base/result.h"

namespace flowstone::os {

// Absolute, symbolic links resolved. kNotFound when the file was replaced or removed meanwhile.
Result<std::string> ExecutablePath();

}  // namespace flowstone::os
