#include "flowstone/os/file_lock.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <ctime>
#include <fcntl.h>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/os/errno_error.h"
#include "flowstone/os/system_clock.h"

namespace flowstone::os {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

Result<UniqueFd> OpenLockFile(const std::string& path, LockMode mode) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!fd && mode == LockMode::kShared && (errno == EACCES || errno == EROFS)) {
    // Another user's: it can still be shared, without saying who we are.
    fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (!fd) {
    return ErrnoError(errno, "open lock file '" + path + "'");
  }
  return fd;
}

// Whether `path` still names the file that was locked. Somebody may have removed it meanwhile, and
// another may hold a lock on its successor.
bool StillNamed(const std::string& path, int fd) {
  struct stat named {};
  struct stat locked {};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(fd, &locked) == 0 &&
         named.st_ino == locked.st_ino && named.st_dev == locked.st_dev;
}

std::string ProgramName() {
  const UniqueFd fd(::open("/proc/self/comm", O_RDONLY | O_CLOEXEC));
  if (fd) {
    if (const Result<std::string> name = ReadToEnd(fd.get(), "/proc/self/comm")) {
      return std::string(TrimText(*name));
    }
  }
  return "unknown program";
}

// The record is a service to whoever waits: failing to write it does not fail the lock.
void WriteHolder(int fd) {
  const std::string record = std::to_string(::getpid()) + " " +
                             std::to_string(SystemClock().NowNs()) + " " + ProgramName() + "\n";
  const ssize_t written = ::pwrite(fd, record.data(), record.size(), 0);
  if (written >= 0) {
    (void)::ftruncate(fd, written);
  }
}

std::optional<std::int64_t> ParseNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// "42 1767225600000000000 flowstone\n"
std::optional<LockHolder> ParseHolder(std::string_view record) {
  if (!record.ends_with('\n')) {
    return std::nullopt;  // half written
  }
  record.remove_suffix(1);
  const std::size_t first = record.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : record.find(' ', first + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  const std::optional<std::int64_t> pid = ParseNumber(record.substr(0, first));
  const std::optional<std::int64_t> since =
      ParseNumber(record.substr(first + 1, second - first - 1));
  if (!pid || !since || *pid <= 0 || *pid > INT32_MAX) {
    return std::nullopt;
  }
  return LockHolder{.pid = static_cast<int>(*pid),
                    .program = std::string(record.substr(second + 1)),
                    .since_ns = *since};
}

bool IsAlive(int pid) {
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

// flock(2) through EINTR; the errno number, or 0.
int Lock(int fd, int operation) {
  while (::flock(fd, operation) != 0) {
    if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

Error HeldByAnother(const std::string& path, const std::optional<LockHolder>& holder) {
  return Error{.code = ErrorCode::kConflict,
               .message = "'" + path + "' is locked by " +
                          (holder ? holder->ToString() : std::string("another process"))};
}

}  // namespace

std::string LockHolder::Name() const {
  return "process " + std::to_string(pid) + " (" + program + ")";
}

std::string LockHolder::ToString() const {
  const std::time_t seconds = since_ns / kNsPerSecond;
  std::tm date{};
  ::gmtime_r(&seconds, &date);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &date);
  return Name() + " since " + std::string(text.data(), length);
}

Result<FileLock> FileLock::Acquire(const std::string& path, LockMode mode, LockWait wait,
                                   const OnWait& on_wait) {
  const int operation = mode == LockMode::kShared ? LOCK_SH : LOCK_EX;
  bool told = false;
  while (true) {
    FLOWSTONE_LET(UniqueFd fd, OpenLockFile(path, mode));
    int error = Lock(fd.get(), operation | LOCK_NB);
    if (error == EWOULDBLOCK) {
      const std::optional<LockHolder> holder = ReadHolder(path);
      if (wait == LockWait::kTry) {
        return HeldByAnother(path, holder);
      }
      if (on_wait && !told) {
        on_wait(holder);
      }
      told = true;
      error = Lock(fd.get(), operation);
    }
    if (error != 0) {
      return ErrnoError(error, "lock '" + path + "'");
    }
    if (StillNamed(path, fd.get())) {
      WriteHolder(fd.get());
      return FileLock(std::move(fd));
    }
  }
}

std::optional<LockHolder> FileLock::ReadHolder(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return std::nullopt;
  }
  const Result<std::string> record = ReadToEnd(fd.get(), path);
  const std::optional<LockHolder> holder = record ? ParseHolder(*record) : std::nullopt;
  return holder && IsAlive(holder->pid) ? holder : std::nullopt;
}

}  // namespace flowstone::os
