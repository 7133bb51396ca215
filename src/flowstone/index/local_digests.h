// LocalDigests: the sha256 of files on this machine's disk, remembered from one process to the next
// by what changes when a file does: size, time of change, inode. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/index/project_page.h"
#include "flowstone/os/clock.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::index {

class LocalDigests {
 public:
  // What is remembered lies in `directory`, which is made when needed. The references outlive this.
  LocalDigests(os::FileSystem& files, os::Clock& clock, std::string directory)
      : files_(files), clock_(clock), directory_(std::move(directory)) {}

  Result<Digest> Of(const std::string& path);

 private:
  std::optional<Digest> Remembered(const std::string& path, const std::string& stamp) const;

  os::FileSystem& files_;
  os::Clock& clock_;
  const std::string directory_;
};

// Gives a file on this machine's disk its sha256 when its source did not: a directory tells none,
// and nothing is installed unverified.
Status AddLocalDigest(LocalDigests& digests, IndexFile& file);

}  // namespace flowstone::index
