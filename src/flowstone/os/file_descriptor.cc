#include "flowstone/os/file_descriptor.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <unistd.h>

#include "flowstone/os/errno_error.h"

namespace flowstone::os {

void UniqueFd::Reset() {
  if (fd_ >= 0) {
    // Not retried on EINTR: Linux has closed the descriptor even then.
    ::close(std::exchange(fd_, -1));
  }
}

Status WriteAll(int fd, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return ErrnoError(errno, "write to '" + std::string(name) + "'");
    }
  }
  return Ok();
}

Result<std::string> ReadToEnd(int fd, std::string_view name) {
  std::string bytes;
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count > 0) {
      bytes.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      return bytes;
    } else if (errno != EINTR) {
      return ErrnoError(errno, "read '" + std::string(name) + "'");
    }
  }
}

Result<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return ErrnoError(errno, "make a pipe");
  }
  return Pipe{.read = UniqueFd(ends[0]), .write = UniqueFd(ends[1])};
}

}  // namespace flowstone::os
