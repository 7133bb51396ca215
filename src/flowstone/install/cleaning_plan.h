// Which things of a cache go: all that are not in use, those that were not used for long, or as
// many as it takes to make it small enough. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/install/cache_inventory.h"

namespace flowstone::install {

// Without limits everything goes that nobody uses. With both, what is too old goes, and then what
// was not used for longest. What is of no use to anybody, damaged or left by a killed process, goes
// in any case.
struct CleaningWish {
  std::set<CacheKind> kinds = {};  // empty: all that are cleaned
  std::optional<std::int64_t> unused_since_ns = {};
  std::optional<std::uint64_t> max_bytes = {};

  bool Includes(CacheKind kind) const;
};

// What removing things does to the disk.
class CleaningAccount {
 public:
  // Borrows `inventory`.
  explicit CleaningAccount(const CacheInventory& inventory)
      : inventory_(inventory), removed_links_(inventory.linked_files.size()) {}

  void Remove(const CacheItem& item);

  std::uint64_t gone() const { return gone_; }    // from the home
  std::uint64_t freed() const { return freed_; }  // on the disk: without what has names elsewhere

 private:
  const CacheInventory& inventory_;
  std::vector<std::uint64_t> removed_links_;
  std::uint64_t gone_ = 0;
  std::uint64_t freed_ = 0;
};

struct CleaningPlan {
  // What goes, in the order of going: environments before the archives that they are made of.
  std::vector<std::size_t> going;
  std::map<std::size_t, std::string> kept;  // what would go, and why it does not
  std::uint64_t gone = 0;
  std::uint64_t freed = 0;
};

CleaningPlan PlanCleaning(const CacheInventory& inventory, const CleaningWish& wish);

// "20GiB", "500 MB", "1.5g", "4096": bytes. Units are powers of 1,000 (kB, MB, GB, TB) or, with an
// "i" or alone (K, M, G, T), of 1,024. kInvalid for anything else.
Result<std::uint64_t> ParseByteSize(std::string_view text);

}  // namespace flowstone::install
