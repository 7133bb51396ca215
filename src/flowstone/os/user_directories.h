// Where this user's files are: the home, the cache and Flowstone's own root. Only computes names;
// creates nothing. As the XDG specification asks, its variable is ignored when empty or relative.
#pragma once

#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/environment.h"

namespace flowstone::os {

// $HOME, else the home directory in the user database; kNotFound when neither says.
Result<std::string> UserHome(const Environment& environment);
// $XDG_CACHE_HOME, else ~/.cache.
Result<std::string> UserCacheHome(const Environment& environment);

// The root of Flowstone's local cache and environments: $FLOWSTONE_HOME (kInvalid when relative),
// else "flowstone" under UserCacheHome.
Result<std::string> FlowstoneHome(const Environment& environment);

}  // namespace flowstone::os
