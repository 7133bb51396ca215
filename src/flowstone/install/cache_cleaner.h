// CacheCleaner: takes out of the cache what a plan says, beside processes that make and use
// environments at the same time.
//
// Each thing goes by one rename into a directory for unfinished work, and is deleted there: after a
// kill -9 it is there or gone, and the next process removes what was being deleted. Nothing goes
// that is in use at that moment, whatever the plan says: an environment goes only when no process
// has a lease on it, an archive only when no environment and no claim is left that needs it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/install/cache_inventory.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/cleaning_plan.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

struct CleaningReport {
  CacheInventory inventory;  // as it was before
  std::vector<std::size_t> removed;
  std::map<std::size_t, std::string> kept;  // what would have gone, and why it did not
  std::array<KindUsage, kCacheKinds> removed_kinds = {};  // by CacheKind: what is gone of each
  std::uint64_t gone = 0;                                 // bytes, from the home
  std::uint64_t freed = 0;  // on the disk: without what has names elsewhere
};

class CacheCleaner {
 public:
  // Borrows `filesystem`. `on_wait` is told who else is cleaning, before that is waited for.
  CacheCleaner(os::FileSystem& filesystem, const std::string& home,
               std::function<void(const std::string&)> on_wait)
      : filesystem_(filesystem), home_(home), layout_(home), on_wait_(std::move(on_wait)) {}

  // What Clean would do. Changes nothing.
  Result<CleaningReport> Look(const CleaningWish& wish, std::int64_t now_ns);
  // One cleaning at a time.
  Result<CleaningReport> Clean(const CleaningWish& wish, std::int64_t now_ns);

 private:
  os::FileSystem& filesystem_;
  const std::string home_;
  const CacheLayout layout_;
  const std::function<void(const std::string&)> on_wait_;
};

}  // namespace flowstone::install
