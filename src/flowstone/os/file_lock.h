// FileLock: a lock between processes, by flock(2) on a file of its own.
//
// The kernel drops the lock with the process, so nothing is ever left locked. The holder writes who
// it is into the file, so that whoever waits can say for whom. The lock file is made when missing
// (its directory is not) and stays. Two FileLocks in one process exclude each other like those of
// two processes. Not for network file systems without flock.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::os {

enum class LockMode : std::uint8_t { kShared, kExclusive };
enum class LockWait : std::uint8_t { kTry, kWait };

// Who holds a lock. For a shared one: the last process that took it.
struct LockHolder {
  int pid = 0;
  std::string program;           // its name, as the kernel has it
  std::int64_t since_ns = 0;     // since the Unix epoch
  std::string Name() const;      // "process 42 (flowstone)"
  std::string ToString() const;  // "process 42 (flowstone) since 2026-11-02T10:00:00Z"
  friend bool operator==(const LockHolder&, const LockHolder&) = default;
};

class FileLock {
 public:
  // Called once before Acquire starts to wait, with the holder when it is known.
  using OnWait = std::function<void(const std::optional<LockHolder>&)>;

  // kConflict, naming the holder, when another has the lock and `wait` is kTry.
  static Result<FileLock> Acquire(const std::string& path, LockMode mode, LockWait wait,
                                  const OnWait& on_wait = nullptr);
  // The process that took the lock last, when it still lives; it may have let go since.
  static std::optional<LockHolder> ReadHolder(const std::string& path);

  FileLock(FileLock&&) noexcept = default;
  FileLock& operator=(FileLock&&) noexcept = default;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() = default;  // unlocks

 private:
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace flowstone::os
