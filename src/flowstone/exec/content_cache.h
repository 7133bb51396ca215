// ContentCache: memory files of artifacts that were decoded lately, so that the tasks of a foreach,
// which all read the same parent, cost one decompression and share its pages. Holds at most
// `capacity` bytes, least recently used first out. Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>

#include "flowstone/base/digest.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::exec {

class ContentCache {
 public:
  static constexpr std::uint64_t kDefaultCapacity = std::uint64_t{512} << 20U;

  explicit ContentCache(std::uint64_t capacity = kDefaultCapacity) : capacity_(capacity) {}

  struct Content {
    os::UniqueFd file;  // a duplicate, of the caller
    std::uint64_t size = 0;
  };
  std::optional<Content> Find(const Digest& sha256);
  // Keeps a duplicate of `file`, unless it is larger than the whole cache.
  void Insert(const Digest& sha256, const os::UniqueFd& file, std::uint64_t size);

 private:
  struct Entry {
    Digest sha256;
    os::UniqueFd file;
    std::uint64_t size = 0;
  };

  const std::uint64_t capacity_;
  std::mutex mutex_;
  std::list<Entry> entries_;                                // newest first; guarded by mutex_
  std::map<Digest, std::list<Entry>::iterator> by_digest_;  // guarded by mutex_
  std::uint64_t size_ = 0;                                  // of all entries; guarded by mutex_
};

}  // namespace flowstone::exec
