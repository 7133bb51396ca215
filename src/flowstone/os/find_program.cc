#include "flowstone/os/find_program.h"

#include <sys/stat.h>
#include <unistd.h>

#include "flowstone/base/text.h"
#include "flowstone/os/path.h"

namespace flowstone::os {

Result<std::string> FindProgram(const std::string& name, std::string_view path) {
  for (const std::string_view directory : SplitText(path, ':')) {
    if (directory.empty()) {
      continue;  // the working directory: never looked at by accident
    }
    std::string candidate = JoinPath(directory, name);
    struct stat info {};
    if (stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
        access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return Error{.code = ErrorCode::kNotFound, .message = "no program '" + name + "' on PATH"};
}

}  // namespace flowstone::os
