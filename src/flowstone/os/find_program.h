// Where a program lies that is called by its name.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::os {

// The first executable file called `program` in the ":"-separated directories of `search_path`, as
// execvp(3) has it, but for empty entries: the working directory is never searched by accident.
// kNotFound when there is none, kDenied when there is one that may not be executed. A program that
// contains "/" is returned as it is.
Result<std::string> FindProgram(const std::string& program, std::string_view search_path);

}  // namespace flowstone::os
