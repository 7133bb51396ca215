#include "flowstone/os/lease.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <fcntl.h>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/os/errno_error.h"

namespace flowstone::os {
namespace {

constexpr std::int64_t kNsPerLeaseSecond = 1'000'000'000;

// flock(2) through EINTR; the errno number, or 0.
int LeaseLock(int fd, int operation) {
  while (::flock(fd, operation) != 0) {
    if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

// Without waiting for the other end of a named pipe.
UniqueFd OpenForLease(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
}

// Whether `path` still names what is open; it may have been moved away meanwhile.
bool IsStillThere(const std::string& path, int fd) {
  struct stat named {};
  struct stat held {};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(fd, &held) == 0 &&
         named.st_ino == held.st_ino && named.st_dev == held.st_dev;
}

std::string ReadAll(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return "";
  }
  Result<std::string> text = ReadToEnd(fd.get(), path);
  return text ? *std::move(text) : "";
}

// As the kernel prints the numbers of devices: "08", "103".
std::string TwoHexDigits(unsigned number) {
  std::array<char, 8> digits{};
  const auto [end, error] = std::to_chars(digits.begin(), digits.end(), number, 16);
  std::string text(digits.begin(), error == std::errc() ? end : digits.begin());
  return text.size() < 2 ? "0" + text : text;
}

// The process of a line of /proc/locks when it is a flock on that inode:
// "1: FLOCK  ADVISORY  READ  1234 08:01:5678 0 EOF".
std::optional<int> HolderIn(std::string_view line, std::string_view inode) {
  std::vector<std::string_view> words;
  for (const std::string_view word : SplitText(line, ' ')) {
    if (!word.empty()) {
      words.push_back(word);
    }
  }
  if (words.size() < 6 || words[1] != "FLOCK" || words[5] != inode) {
    return std::nullopt;
  }
  int pid = 0;
  const auto [end, error] =
      std::from_chars(words[4].data(), words[4].data() + words[4].size(), pid);
  return error == std::errc() && pid > 0 ? std::optional(pid) : std::nullopt;
}

}  // namespace

Result<std::optional<Lease>> Lease::Hold(const std::string& path) {
  while (true) {
    UniqueFd fd = OpenForLease(path);
    if (!fd && errno == ENOENT) {
      return std::optional<Lease>();
    }
    if (!fd) {
      return ErrnoError(errno, "open '" + path + "'");
    }
    if (const int error = LeaseLock(fd.get(), LOCK_SH); error != 0) {
      return ErrnoError(error, "lock '" + path + "'");
    }
    if (IsStillThere(path, fd.get())) {
      return std::optional(Lease(std::move(fd)));
    }
  }
}

Result<Lease> Lease::TakeOver(const std::string& path) {
  UniqueFd fd = OpenForLease(path);
  if (!fd) {
    return ErrnoError(errno, "open '" + path + "'");
  }
  const int error = LeaseLock(fd.get(), LOCK_EX | LOCK_NB);
  if (error == EWOULDBLOCK) {
    const std::optional<LockHolder> holder = FindLockHolder(path);
    return Error{.code = ErrorCode::kConflict,
                 .message = "'" + path + "' is in use by " +
                            (holder ? holder->Name() : std::string("another process"))};
  }
  if (error != 0) {
    return ErrnoError(error, "lock '" + path + "'");
  }
  if (!IsStillThere(path, fd.get())) {
    return ErrnoError(ENOENT, "open '" + path + "'");
  }
  return Lease(std::move(fd));
}

Result<std::int64_t> Lease::ModifiedNs() const {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) {
    return ErrnoError(errno, "look at what is in use");
  }
  return std::int64_t{status.st_mtim.tv_sec} * kNsPerLeaseSecond + status.st_mtim.tv_nsec;
}

Status Lease::SetModifiedNs(std::int64_t modified_ns) const {
  const timespec moment{.tv_sec = modified_ns / kNsPerLeaseSecond,
                        .tv_nsec = modified_ns % kNsPerLeaseSecond};
  const std::array<timespec, 2> times = {timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, moment};
  if (::futimens(fd_.get(), times.data()) != 0) {
    return ErrnoError(errno, "set the time of what is in use");
  }
  return Ok();
}

Status Lease::KeepThroughExec() const {
  if (::fcntl(fd_.get(), F_SETFD, 0) != 0) {
    return ErrnoError(errno, "keep a lease for another program");
  }
  return Ok();
}

std::optional<LockHolder> FindLockHolder(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  const std::string inode = TwoHexDigits(major(status.st_dev)) + ":" +
                            TwoHexDigits(minor(status.st_dev)) + ":" +
                            std::to_string(status.st_ino);
  const std::string locks = ReadAll("/proc/locks");
  for (const std::string_view line : SplitLines(locks)) {
    if (const std::optional<int> pid = HolderIn(line, inode)) {
      const std::string name = ReadAll("/proc/" + std::to_string(*pid) + "/comm");
      if (!name.empty()) {
        return LockHolder{.pid = *pid, .program = std::string(TrimText(name)), .since_ns = 0};
      }
    }
  }
  return std::nullopt;
}

}  // namespace flowstone::os
