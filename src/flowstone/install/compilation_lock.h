// CompilationLock: who compiles an archive for a cache tag. Compiling twice harms nothing, for the
// first that is done counts; whoever does it unasked leaves it to the other.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

class CompilationLock {
 public:
  // Nothing when it is held. Does not wait: the holder may have the lowest priority.
  static Result<std::optional<CompilationLock>> Try(os::FileSystem& filesystem,
                                                    const CacheLayout& layout, const Digest& wheel,
                                                    const std::string& cache_tag);

  CompilationLock(CompilationLock&& other) noexcept
      : filesystem_(other.filesystem_),
        path_(std::exchange(other.path_, {})),
        lock_(std::move(other.lock_)) {}
  CompilationLock& operator=(CompilationLock&&) = delete;
  CompilationLock(const CompilationLock&) = delete;
  CompilationLock& operator=(const CompilationLock&) = delete;
  ~CompilationLock();  // removes the file, too: there would be one for each wheel

 private:
  CompilationLock(os::FileSystem& filesystem, std::string path, os::FileLock lock)
      : filesystem_(&filesystem), path_(std::move(path)), lock_(std::move(lock)) {}

  os::FileSystem* filesystem_;
  std::string path_;  // empty when it was moved from
  os::FileLock lock_;
};

}  // namespace flowstone::install
