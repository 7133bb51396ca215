// LinkCapabilities: what two directories can share, found out by trying it.
//
// Nobody can tell it from the names of file systems: hard links end at mount points and, where
// protected_hardlinks is on, at other people's files; reflinks need the right format; some network
// and FAT file systems have no symbolic links, or know no difference between A and a.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/environment_plan.h"
#include "flowstone/install/link_mode.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

struct LinkCapabilities {
  bool symbolic_links = false;
  bool hard_links = false;
  bool clones = false;
  NameCase name_case = NameCase::kSensitive;

  bool Has(LinkMode mode) const;
  // What is best for an environment that everybody shares and nobody changes: as few files as
  // possible.
  LinkMode BestForShared() const;
  // What is best for an environment that people change: files of its own, if they cost nothing.
  LinkMode BestForWritable() const;
  // "symbolic links and hard links, no clones".
  std::string ToString() const;

  friend bool operator==(const LinkCapabilities&, const LinkCapabilities&) = default;
};

// Tries it with files of its own, on this machine, in the cache's temporary directory and in
// `target`, which is there and can be written; removes them. kDenied or kIo when not even a file
// can be made.
Result<LinkCapabilities> MeasureLinks(os::FileSystem& filesystem, const CacheLayout& layout,
                                      const std::string& target);

// The same, but what was found out for the two file systems is kept in the cache and not tried
// again.
Result<LinkCapabilities> RememberedLinks(os::FileSystem& filesystem, const CacheLayout& layout,
                                         const std::string& target);

}  // namespace flowstone::install
