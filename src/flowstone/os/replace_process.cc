#include "flowstone/os/replace_process.h"

#include <unistd.h>

#include <cerrno>

#include "flowstone/os/errno_error.h"

namespace flowstone::os {

Status ReplaceProcess(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment) {
  // execve(2) takes pointers to non-const for historical reasons and writes through none of them.
  std::vector<std::string> texts = arguments;
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) {
    variables.push_back(name + "=" + value);
  }
  std::vector<char*> argv;
  for (std::string& text : texts) {
    argv.push_back(text.data());
  }
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (std::string& variable : variables) {
    envp.push_back(variable.data());
  }
  envp.push_back(nullptr);
  execve(argv[0], argv.data(), envp.data());
  return ErrnoError(errno, "execute '" + arguments.front() + "'");
}

}  // namespace flowstone::os
