// The Error for a failed system call.
#pragma once

#include <string_view>

#include "flowstone/base/error.h"

namespace flowstone::os {

// "cannot <action>: <what the number means>", with the code that the number calls for. `action`
// names its object: "open '/a/b'".
Error ErrnoError(int number, std::string_view action);

}  // namespace flowstone::os
