// DirectUrlOf: the direct_url.json (PEP 610) of what a lock has from a URL, a directory or a
// repository: how tools that look into an environment learn where a package came from.
#pragma once

#include <string>

#include "flowstone/lock/lock.h"

namespace flowstone::install {

// Paths in the lock that are relative start at `lock_directory`, which is absolute. Credentials are
// never written.
std::string DirectUrlOf(const lock::DirectSource& source, const std::string& lock_directory);

}  // namespace flowstone::install
