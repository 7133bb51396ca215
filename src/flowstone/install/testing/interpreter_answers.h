// What Pythons answer to the probe, for this module's tests.
#pragma once

#include <map>
#include <string>

#include "flowstone/os/fake_process_runner.h"
#include "flowstone/os/memory_filesystem.h"

namespace flowstone::install {

struct FakePython {
  std::string executable;  // what it says that the interpreter behind it is
  std::string version = "3.11.7";
  std::string implementation = "cpython";
  std::string abi_flags = "";
  std::string build = "3.11.7 (main) [GCC 12.2.0]";
  std::string answered_version = "";  // of a liar
};

std::string AnswerOf(const FakePython& python);

// A machine with installed Pythons: files in memory, and a process runner that answers for them.
class FakeMachine {
 public:
  FakeMachine();

  // A Python at `path`, with the directories above it.
  void Install(const std::string& path, FakePython python = {});
  // An executable file that does not answer.
  void InstallBroken(const std::string& path, const std::string& complaint);
  // An executable file that never ends.
  void InstallHanging(const std::string& path);
  void WriteFile(const std::string& path, const std::string& content);
  void Link(const std::string& target, const std::string& path);

  os::MemoryFileSystem& filesystem() { return filesystem_; }
  os::FakeProcessRunner& processes() { return processes_; }
  // How many processes were started.
  std::size_t starts() const { return processes_.calls().size(); }

 private:
  os::MemoryFileSystem filesystem_;
  std::map<std::string, Result<os::ProcessResult>> answers_;  // by path
  os::FakeProcessRunner processes_;
};

}  // namespace flowstone::install
