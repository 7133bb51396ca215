#include "flowstone/os/working_directory.h"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <unistd.h>

#include "flowstone/os/errno_error.h"

namespace flowstone::os {

Result<std::string> WorkingDirectory() {
  const std::unique_ptr<char, decltype(&std::free)> path(getcwd(nullptr, 0), &std::free);
  if (path == nullptr) {
    return ErrnoError(errno, "find the working directory");
  }
  return std::string(path.get());
}

}  // namespace flowstone::os
