// ArchiveClaim: "archives of these wheels are being made or used", while it lives.
//
// An environment that is there keeps its archives by its record. Until it is there, from the first
// look into the cache to the rename that publishes it, a claim keeps them, so that no cleaning
// comes between. A claim is a file in the cache that its owner holds a lease on: it ends with its
// process, and the next cleaning removes what is left of it.
//
// Claims are made behind a gate that cleaning shuts while it decides: a claim is seen, or comes
// when the decision has been carried out.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/lease.h"

namespace flowstone::install {

class ArchiveClaim {
 public:
  // Waits while a cleaning decides, which takes milliseconds. `filesystem` must be that of this
  // machine: the leases are.
  static Result<ArchiveClaim> Make(os::FileSystem& filesystem, const CacheLayout& layout,
                                   std::span<const Digest> wheels);

  ArchiveClaim(ArchiveClaim&& other) noexcept = default;
  ArchiveClaim& operator=(ArchiveClaim&&) = delete;
  ArchiveClaim(const ArchiveClaim&) = delete;
  ArchiveClaim& operator=(const ArchiveClaim&) = delete;
  ~ArchiveClaim();

 private:
  ArchiveClaim(os::FileSystem& filesystem, std::string path, os::Lease lease)
      : filesystem_(&filesystem), path_(std::move(path)), lease_(std::move(lease)) {}

  os::FileSystem* filesystem_;
  std::string path_;
  os::Lease lease_;
};

// Keeps everybody from making claims while it is held.
Result<os::FileLock> ShutClaimGate(os::FileSystem& filesystem, const CacheLayout& layout);

enum class DeadClaims : std::uint8_t {
  kKept,
  kRemoved,  // REQUIRES: the gate is shut
};
// The wheels of all claims whose owners live.
Result<std::set<Digest>> ClaimedWheels(os::FileSystem& filesystem, const CacheLayout& layout,
                                       DeadClaims dead);

}  // namespace flowstone::install
