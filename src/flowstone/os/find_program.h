// Where a program lies that is called by its name.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::os {

// The first executable file called `name` in the ":"-separated directories of `path`; kNotFound.
Result<std::string> FindProgram(const std::string& name, std::string_view path);

}  // namespace flowstone::os
