// What keeps things in the cache from being cleaned away: processes that use them, environments
// elsewhere that are made of them.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/install/cache_inventory.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// Sets what the items need and what their obstacles are. Asks for leases and lets go at once.
Status FindObstacles(os::FileSystem& filesystem, const CacheLayout& layout, std::int64_t now_ns,
                     std::span<CacheItem> items);

// Directories of the archives that the environment in `directory` is made of; none when it has no
// readable record.
std::vector<std::string> ArchivesOfEnvironment(os::FileSystem& filesystem,
                                               const CacheLayout& layout,
                                               const std::string& directory);

// The lock beside something, whose owner holds it: of a download, of unfinished work; the thing
// itself where it is its own.
std::string OwnersLock(const CacheLayout& layout, const CacheItem& item);

// Locks that everybody opens, whatever is cached, and that stay for ever.
bool IsGateLock(std::string_view path);

}  // namespace flowstone::install
