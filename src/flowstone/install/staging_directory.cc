#include "flowstone/install/staging_directory.h"

#include <utility>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kLockSuffix = ".lock";
// The cache is one file system, but for who has a layer over it.
constexpr const char* kLayerHint =
    "nothing is installed from inside of --link-mode overlay: install it outside, before";

// Held shared while a staging directory and its lock come into being, exclusively while abandoned
// ones are removed: between the two a lock file could be removed that somebody is about to take.
std::string GateLock(const CacheLayout& layout) {
  return layout.locks() + "/staging.lock";
}

// A directory in tmp/ with its lock, by the name of either.
struct StagedPair {
  std::string path;
  std::string lock_path;

  static StagedPair Of(const CacheLayout& layout, const std::string& entry) {
    const bool is_lock = entry.ends_with(kLockSuffix);
    const std::string path = os::JoinPath(
        layout.temporary(), is_lock ? entry.substr(0, entry.size() - kLockSuffix.size()) : entry);
    return {.path = path, .lock_path = path + std::string(kLockSuffix)};
  }
};

Status MakeCacheDirectories(os::FileSystem& filesystem, const CacheLayout& layout) {
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, layout.locks()));
  return os::MakeDirectories(filesystem, layout.temporary());
}

bool IsOtherDevice(os::FileSystem& filesystem, const std::string& path, const std::string& other) {
  const Result<os::FileInfo> here = filesystem.Stat(path);
  const Result<os::FileInfo> there = filesystem.Stat(other);
  return here && there && here->device != there->device;
}

}  // namespace

Result<StagingDirectory> StagingDirectory::Reserve(os::FileSystem& filesystem,
                                                   const CacheLayout& layout) {
  FLOWSTONE_TRY(MakeCacheDirectories(filesystem, layout));
  FLOWSTONE_LET(
      const os::FileLock gate,
      os::FileLock::Acquire(GateLock(layout), os::LockMode::kShared, os::LockWait::kWait));
  std::string path = layout.temporary() + "/" + os::UniqueName();
  FLOWSTONE_LET(os::FileLock lock,
                os::FileLock::Acquire(path + std::string(kLockSuffix), os::LockMode::kExclusive,
                                      os::LockWait::kTry));
  return StagingDirectory(filesystem, std::move(path), std::move(lock));
}

Result<StagingDirectory> StagingDirectory::Create(os::FileSystem& filesystem,
                                                  const CacheLayout& layout) {
  FLOWSTONE_LET(StagingDirectory staging, Reserve(filesystem, layout));
  FLOWSTONE_TRY(filesystem.MakeDirectory(staging.path(), 0755));
  return staging;
}

Result<StagingDirectory> StagingDirectory::Adopt(os::FileSystem& filesystem,
                                                 const CacheLayout& layout,
                                                 const std::string& path) {
  FLOWSTONE_LET(StagingDirectory staging, Reserve(filesystem, layout));
  FLOWSTONE_TRY(filesystem.Rename(path, staging.path()));
  return staging;
}

StagingDirectory::~StagingDirectory() {
  if (path_.empty()) {
    return;  // moved from
  }
  if (!is_published_) {
    static_cast<void>(os::RemoveTree(*filesystem_, path_));
  }
  static_cast<void>(filesystem_->RemoveFile(path_ + std::string(kLockSuffix)));
}

Status StagingDirectory::Publish(const std::string& destination) {
  if (Status renamed = filesystem_->Rename(path_, destination); !renamed) {
    return IsOtherDevice(*filesystem_, path_, os::DirName(destination))
               ? std::move(renamed.error()).WithHint(kLayerHint)
               : std::move(renamed.error());
  }
  is_published_ = true;
  return Ok();
}

Status StagingDirectory::PublishUnlessThere(const std::string& destination) {
  FLOWSTONE_TRY(os::MakeDirectories(*filesystem_, os::DirName(destination)));
  Status published = Publish(destination);
  const bool was_slower = !published && published.error().code == ErrorCode::kConflict;
  return was_slower ? Ok() : std::move(published);
}

Status PublishInPlace(os::FileSystem& filesystem, const CacheLayout& layout,
                      StagingDirectory& built, const std::string& destination) {
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, os::DirName(destination)));
  FLOWSTONE_LET(const bool exists, os::Exists(filesystem, destination));
  if (!exists) {
    return built.Publish(destination);
  }
  FLOWSTONE_LET(const StagingDirectory old, StagingDirectory::Create(filesystem, layout));
  Status moved = filesystem.Rename(destination, old.path() + "/replaced");
  if (!moved && moved.error().code != ErrorCode::kNotFound) {  // else it was cleaned away meanwhile
    return moved;
  }
  return built.Publish(destination);
}

void RemoveAbandonedStaging(os::FileSystem& filesystem, const CacheLayout& layout) {
  Result<std::vector<os::DirectoryEntry>> entries = filesystem.ListDirectory(layout.temporary());
  if (!entries || entries->empty()) {
    return;
  }
  const Result<os::FileLock> gate =
      os::FileLock::Acquire(GateLock(layout), os::LockMode::kExclusive, os::LockWait::kTry);
  if (!gate) {
    return;
  }
  for (const os::DirectoryEntry& entry : *entries) {
    const StagedPair staged = StagedPair::Of(layout, entry.name);
    const Result<os::FileLock> lock =
        os::FileLock::Acquire(staged.lock_path, os::LockMode::kExclusive, os::LockWait::kTry);
    if (lock && os::RemoveTree(filesystem, staged.path)) {
      static_cast<void>(filesystem.RemoveFile(staged.lock_path));
    }
  }
}

Status TakeAbandonedStaging(os::FileSystem& filesystem, const CacheLayout& layout,
                            const std::string& name, const std::string& place) {
  FLOWSTONE_LET(
      const os::FileLock gate,
      os::FileLock::Acquire(GateLock(layout), os::LockMode::kExclusive, os::LockWait::kWait));
  const StagedPair staged = StagedPair::Of(layout, name);
  FLOWSTONE_LET(
      const os::FileLock lock,
      os::FileLock::Acquire(staged.lock_path, os::LockMode::kExclusive, os::LockWait::kTry));
  Status moved = filesystem.Rename(staged.path, place);
  if (!moved && moved.error().code != ErrorCode::kNotFound) {  // else only the lock was left
    return moved;
  }
  return filesystem.RemoveFile(staged.lock_path);
}

}  // namespace flowstone::install
