// WriteLock: the text of a lock. Equal locks give equal bytes: keys have a fixed order, packages,
// dependencies and files are sorted, line ends are "\n". ParseLock reads back what was written.
#pragma once

#include <string>

#include "flowstone/lock/lock.h"

namespace flowstone::lock {

std::string WriteLock(const Lock& lock);

}  // namespace flowstone::lock
