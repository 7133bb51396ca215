#include "flowstone/os/replace_process.h"

#include <cerrno>
#include <unistd.h>

#include "flowstone/os/errno_error.h"
#include "flowstone/os/exec_vectors.h"

namespace flowstone::os {

Status ReplaceProcess(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment) {
  FLOWSTONE_CHECK(!arguments.empty());
  ExecVectors vectors(arguments, environment);
  ::execve(arguments.front().c_str(), vectors.argv(), vectors.envp());
  return ErrnoError(errno, "execute '" + arguments.front() + "'");
}

}  // namespace flowstone::os
