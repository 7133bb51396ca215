#include "flowstone/os/find_program.h"

#include <cerrno>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/os/errno_error.h"
#include "flowstone/os/path.h"

namespace flowstone::os {

Result<std::string> FindProgram(const std::string& program, std::string_view search_path) {
  if (program.find('/') != std::string::npos) {
    return program;
  }
  std::optional<std::string> refused;
  for (const std::string_view directory : SplitText(search_path, ':')) {
    std::string candidate = JoinPath(directory, program);
    struct stat status {};
    if (directory.empty() || program.empty() || ::stat(candidate.c_str(), &status) != 0 ||
        !S_ISREG(status.st_mode)) {
      continue;
    }
    if (::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    refused = std::move(candidate);
  }
  if (refused) {
    return ErrnoError(EACCES, "run '" + *refused + "'");
  }
  return Error{.code = ErrorCode::kNotFound,
               .message = "program '" + program + "' was not found on PATH"};
}

}  // namespace flowstone::os
