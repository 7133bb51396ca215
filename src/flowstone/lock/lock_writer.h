// WriteLock: the text of a lock. Equal locks give equal bytes: keys have a fixed order, packages
// and dependencies are sorted, files keep their order (resolving puts the best first), line ends
// are
// "\n". ParseLock reads back what was written. Credentials in URLs are left out.
#pragma once

#include <string>

#include "flowstone/lock/lock.h"

namespace flowstone::lock {

std::string WriteLock(const Lock& lock);

}  // namespace flowstone::lock
