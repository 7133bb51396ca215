#include "flowstone/os/change_time.h"

#include <cerrno>
#include <sys/stat.h>

#include "flowstone/os/errno_error.h"

namespace flowstone::os {

Result<std::int64_t> ChangeTimeNs(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return ErrnoError(errno, "stat '" + path + "'");
  }
  return std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
}

}  // namespace flowstone::os
