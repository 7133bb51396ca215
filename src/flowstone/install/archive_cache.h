// ArchiveCache: unpacked wheels, one directory per sha256, shared by all environments of the user.
//
// An archive is unpacked beside its place and published by one rename: it is there completely, with
// its plan, or not at all. Files in it are read-only, because environments hard-link them.
// Thread-safe; several processes may use one cache.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/archive_plan.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

class ArchiveCache {
 public:
  // Borrows `filesystem`; it outlives the cache.
  ArchiveCache(os::FileSystem& filesystem, CacheLayout layout);

  // Nothing when the archive is not there. One whose plan is damaged is not there either: it is
  // moved away, to be unpacked again.
  Result<std::optional<ArchivePlan>> Find(const Digest& wheel);

  // Unpacks the file at `path`, whose sha256 the caller has verified to be `wheel`; `file_name` is
  // its published name, `threads` how many work on this one. Does nothing when the archive is there
  // already. Errors are those of UnpackWheel.
  Result<ArchivePlan> Add(const std::string& path, const std::string& file_name,
                          const Digest& wheel, std::size_t threads = 1);

  // Looks at every file of an archive without reading it; kCorrupt names the first that is missing
  // or of another size. kNotFound when the archive is not there. Changes nothing.
  Status CheckPresent(const Digest& wheel);
  // Reads every byte of an archive; kCorrupt names the first file that differs from the plan.
  // Changes nothing.
  Status Verify(const Digest& wheel);
  // Takes an archive out of the cache, so that it is unpacked anew when next needed.
  Status Discard(const Digest& wheel);
  Result<std::vector<Digest>> List();

  const CacheLayout& layout() const { return layout_; }

 private:
  Result<ArchivePlan> ReadPlan(const Digest& wheel);

  os::FileSystem& filesystem_;
  CacheLayout layout_;
};

}  // namespace flowstone::install
