#include "flowstone/install/testing/interpreter_answers.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "flowstone/base/check.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/version.h"

namespace flowstone::install {

std::string AnswerOf(const FakePython& python) {
  const pypi::Version version = *pypi::Version::Parse(python.version);
  const std::string short_version =
      std::to_string(version.release(0)) + "." + std::to_string(version.release(1));
  const nlohmann::json answer = {
      {"executable", python.executable},
      {"implementation", python.implementation},
      {"version", python.answered_version.empty() ? python.version : python.answered_version},
      {"build", python.build},
      {"abi", "cpython-x86_64-linux-gnu"},
      {"abi_flags", python.abi_flags},
      {"platform", "linux-x86_64"},
      {"cache_tag", "cpython"},
      {"prefix", "/usr"},
      {"stdlib", "/usr/lib/python" + short_version},
      {"platform_stdlib", "/usr/lib/python" + short_version},
      {"libc", {"glibc", 2, 36}},
      {"pointer_bits", 64},
      {"major", version.release(0)},
      {"minor", version.release(1)},
      {"markers",
       {{"implementation_name", python.implementation},
        {"implementation_version", python.version},
        {"os_name", "posix"},
        {"platform_machine", "x86_64"},
        {"platform_python_implementation", "CPython"},
        {"platform_release", "6.1"},
        {"platform_system", "Linux"},
        {"platform_version", "#1"},
        {"python_full_version", python.version},
        {"python_version", short_version},
        {"sys_platform", "linux"}}}};
  return answer.dump();
}

FakeMachine::FakeMachine()
    : processes_(
          [this](const os::ProcessSpec& spec, const std::string&) -> Result<os::ProcessResult> {
            const auto answer = answers_.find(spec.arguments.at(0));
            if (answer == answers_.end()) {
              return Error{.code = ErrorCode::kNotFound, .message = "no such program"};
            }
            return answer->second;
          }) {}

void FakeMachine::Install(const std::string& path, FakePython python) {
  if (python.executable.empty()) {
    python.executable = path;
  }
  WriteFile(path,
            "\x7f"
            "ELF " +
                path + python.build);
  answers_.insert_or_assign(path, os::Exited(0, AnswerOf(python)));
}

void FakeMachine::InstallBroken(const std::string& path, const std::string& complaint) {
  WriteFile(path,
            "\x7f"
            "ELF");
  answers_.insert_or_assign(path, os::Exited(127, "", complaint));
}

void FakeMachine::InstallHanging(const std::string& path) {
  WriteFile(path,
            "\x7f"
            "ELF hanging");
  answers_.insert_or_assign(
      path, Error{.code = ErrorCode::kCancelled, .message = "it did not end and was killed"});
}

void FakeMachine::WriteFile(const std::string& path, const std::string& content) {
  FLOWSTONE_CHECK(os::MakeDirectories(filesystem_, os::DirName(path)).has_value());
  FLOWSTONE_CHECK(os::ReplaceFile(filesystem_, path, content, 0755).has_value());
}

void FakeMachine::Link(const std::string& target, const std::string& path) {
  FLOWSTONE_CHECK(os::MakeDirectories(filesystem_, os::DirName(path)).has_value());
  FLOWSTONE_CHECK(filesystem_.MakeSymlink(target, path).has_value());
}

}  // namespace flowstone::install
