// StagingDirectory: a directory in the cache's tmp/ where something is built before one rename
// publishes it. It is removed with its owner; when the owner is killed, the next process that looks
// removes it: the lock beside it is free then.
#pragma once

#include <string>
#include <utility>

#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/temp_dir.h"

namespace flowstone::install {

class StagingDirectory {
 public:
  // Makes the cache's own directories too. `filesystem` must be that of this machine: the locks
  // are.
  static Result<StagingDirectory> Create(os::FileSystem& filesystem, const CacheLayout& layout);
  // The directory at `path`, moved into tmp/ to be removed. Takes no room on the disk.
  static Result<StagingDirectory> Adopt(os::FileSystem& filesystem, const CacheLayout& layout,
                                        const std::string& path);

  StagingDirectory(StagingDirectory&& other) noexcept = default;
  StagingDirectory& operator=(StagingDirectory&&) = delete;
  StagingDirectory(const StagingDirectory&) = delete;
  StagingDirectory& operator=(const StagingDirectory&) = delete;
  ~StagingDirectory();

  const std::string& path() const { return path_; }
  // Renames it to `destination`, whose parent exists. kConflict when something is there already.
  Status Publish(const std::string& destination);
  // Makes the parent too. What is there already stays: another process was faster, with the same
  // content.
  Status PublishUnlessThere(const std::string& destination);

 private:
  // The name and its lock; the directory is still to be made.
  static Result<StagingDirectory> Reserve(os::FileSystem& filesystem, const CacheLayout& layout);
  StagingDirectory(os::FileSystem& filesystem, std::string path, os::FileLock lock)
      : filesystem_(&filesystem), path_(std::move(path)), lock_(std::move(lock)) {}

  os::FileSystem* filesystem_;
  std::string path_;
  bool is_published_ = false;
  os::FileLock lock_;
};

// Puts `built` at `destination`, whose parent is made, in place of what is there, which is moved
// away first.
Status PublishInPlace(os::FileSystem& filesystem, const CacheLayout& layout,
                      StagingDirectory& built, const std::string& destination);

// Removes what killed processes left in tmp/. Failures are left to the next time.
void RemoveAbandonedStaging(os::FileSystem& filesystem, const CacheLayout& layout);
// Moves what a killed process left under one name in tmp/, a directory or its lock, to `place`, and
// removes the lock. kConflict, naming the owner, when it lives.
Status TakeAbandonedStaging(os::FileSystem& filesystem, const CacheLayout& layout,
                            const std::string& name, const std::string& place);

}  // namespace flowstone::install
