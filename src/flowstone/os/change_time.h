// When a file was last touched, in a way that nobody can take back.
#pragma once

#include <cstdint>
#include <string>

#include "flowstone/base/result.h"

namespace flowstone::os {

// When the bytes of the file at `path`, or what its inode says of it, were last changed, in
// nanoseconds since the Unix epoch. Unlike its time of modification it cannot be set.
Result<std::int64_t> ChangeTimeNs(const std::string& path);

}  // namespace flowstone::os
