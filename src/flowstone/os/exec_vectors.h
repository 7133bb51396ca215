// ExecVectors: arguments and environment in the form that execve(2) and posix_spawn(3) take.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace flowstone::os {

class ExecVectors {
 public:
  ExecVectors(std::vector<std::string> arguments,
              const std::map<std::string, std::string>& environment)
      : arguments_(std::move(arguments)) {
    variables_.reserve(environment.size());
    for (const auto& [name, value] : environment) {
      std::string& variable = variables_.emplace_back(name);
      variable += '=';
      variable += value;
    }
    argv_ = PointersTo(arguments_);
    envp_ = PointersTo(variables_);
  }
  ExecVectors(const ExecVectors&) = delete;
  ExecVectors& operator=(const ExecVectors&) = delete;

  // Null-terminated. Not const, for historical reasons: the calls write through none of them.
  char* const* argv() { return argv_.data(); }
  char* const* envp() { return envp_.data(); }

 private:
  static std::vector<char*> PointersTo(std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    for (std::string& text : strings) {
      pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
  }

  std::vector<std::string> arguments_;
  std::vector<std::string> variables_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

}  // namespace flowstone::os
