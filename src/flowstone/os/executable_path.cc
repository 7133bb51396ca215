#include "flowstone/os/executable_path.h"

#include <climits>

#include <array>
#include <cerrno>
#include <unistd.h>

#include "flowstone/os/errno_error.h"

namespace flowstone::os {

Result<std::string> ExecutablePath() {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink("/proc/self/exe", target.data(), target.size());
  if (size < 0) {
    return ErrnoError(errno, "find the running program");
  }
  const std::string path(target.data(), static_cast<std::size_t>(size));
  // The kernel appends " (deleted)" to the name of a file that is gone.
  if (::access(path.c_str(), X_OK) != 0) {
    return ErrnoError(errno, "find the running program at " + path);
  }
  return path;
}

}  // namespace flowstone::os
