// FileStamp: what tells, by one stat(2), that a file is still the one that was looked at before.
// It never leaves the machine: it is a shortcut around reading, not an identity.
#pragma once

#include <cstdint>

#include "flowstone/os/filesystem.h"

namespace flowstone::install {

struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

inline FileStamp StampOf(const os::FileInfo& info) {
  return {.size = info.size,
          .modified_ns = info.modified_ns,
          .device = info.device,
          .inode = info.inode};
}

}  // namespace flowstone::install
