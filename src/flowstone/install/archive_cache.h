// ArchiveCache: unpacked wheels, one directory per sha256, shared by all environments of the user.
//
// An archive is unpacked beside its place and published by one rename: it is there completely, with
// its plan, or not at all. Files in it are read-only, because environments hard-link them.
// Thread-safe; several processes may use one cache.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/archive_plan.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// What CacheLayout::ArchiveDirectory makes a directory of.
struct ArchiveKey {
  Digest wheel;
  std::string bytecode;  // cache tag of the bytecode in it; empty without
  friend bool operator==(const ArchiveKey&, const ArchiveKey&) = default;
};

class ArchiveCache {
 public:
  // Borrows `filesystem`; it outlives the cache.
  ArchiveCache(os::FileSystem& filesystem, CacheLayout layout);

  // What the cache has of a wheel.
  struct Holding {
    std::optional<ArchivePlan> plan;  // nothing when the archive is not there
    std::string damage;               // why it is not there any more; else empty
  };
  // Looks at a sample of the archive too (archive_integrity.h), a smaller one when many are used
  // together. A damaged one is not there: it is set aside, to be unpacked again. So is one of
  // another version of Flowstone.
  Result<Holding> Examine(const Digest& wheel, std::size_t together = 1);
  // The same, for those who do not ask why.
  Result<std::optional<ArchivePlan>> Find(const Digest& wheel);

  // The archive with the bytecode of a cache tag, if it was compiled. A damaged one is set aside.
  Result<std::optional<ArchivePlan>> FindCompiled(const Digest& wheel, const std::string& cache_tag,
                                                  std::size_t together = 1);
  // Whether there may be any with that bytecode.
  Result<bool> HasCompiled(const std::string& cache_tag);

  // Whether what was unpacked may be published.
  using Consent = std::function<Status()>;
  // Unpacks the file at `path`, whose sha256 the caller has verified to be `wheel`; `file_name` is
  // its published name, `threads` how many work on this one. `consent` is asked at the end; without
  // it nothing is kept. Does nothing when the archive is there already. Errors are those of
  // UnpackWheel.
  Result<ArchivePlan> Add(const std::string& path, const std::string& file_name,
                          const Digest& wheel, std::size_t threads = 1,
                          const Consent& consent = {});

  // Looks at every file of an archive; kCorrupt names the first that is missing, changed or
  // writable. kNotFound when the archive is not there. Changes nothing.
  // `bytecode` as in CacheLayout::ArchiveDirectory.
  Status CheckPresent(const Digest& wheel, const std::string& bytecode = {});
  // Reads every byte of an archive; kCorrupt names the first file that differs from the plan.
  // Changes nothing.
  Status Verify(const Digest& wheel, const std::string& bytecode = {});
  // Takes an archive out of the cache, so that it is unpacked anew when next needed.
  Status Discard(const Digest& wheel);
  Result<std::vector<Digest>> List();
  // Those with bytecode.
  Result<std::vector<ArchiveKey>> ListCompiled();

  const CacheLayout& layout() const { return layout_; }

 private:
  Result<ArchivePlan> ReadPlan(const Digest& wheel, const std::string& bytecode = {});
  Result<Holding> Examine(const Digest& wheel, const std::string& bytecode, std::size_t together);
  // The wheels with a directory below `directory`; none when it is not there.
  Result<std::vector<Digest>> ListBelow(const std::string& directory);
  // Moves the archive in `directory` to where damaged ones lie.
  Status SetAside(const std::string& directory);

  os::FileSystem& filesystem_;
  CacheLayout layout_;
  std::atomic<std::uint64_t> next_sample_;
};

}  // namespace flowstone::install
