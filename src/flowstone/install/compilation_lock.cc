#include "flowstone/install/compilation_lock.h"

namespace flowstone::install {

Result<std::optional<CompilationLock>> CompilationLock::Try(os::FileSystem& filesystem,
                                                            const CacheLayout& layout,
                                                            const Digest& wheel,
                                                            const std::string& cache_tag) {
  std::string path = layout.CompilationLock(wheel, cache_tag);
  Result<os::FileLock> lock =
      os::FileLock::Acquire(path, os::LockMode::kExclusive, os::LockWait::kTry);
  if (!lock) {
    return lock.error().code == ErrorCode::kConflict
               ? std::optional<CompilationLock>()
               : Result<std::optional<CompilationLock>>(lock.error());
  }
  return std::optional(CompilationLock(filesystem, std::move(path), *std::move(lock)));
}

CompilationLock::~CompilationLock() {
  if (!path_.empty()) {
    static_cast<void>(filesystem_->RemoveFile(path_));
  }
}

}  // namespace flowstone::install
