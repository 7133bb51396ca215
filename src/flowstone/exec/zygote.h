// Zygote: one Python process that has imported a flow, or is doing so: its process, its channel and
// what it prints. It knows the protocol's first steps (hello, load, loaded); the executor decides
// what runs in it. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/exec/frame_channel.h"
#include "flowstone/exec/output_capture.h"
#include "flowstone/exec/run_context.h"
#include "flowstone/exec/task_messages.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::exec {

enum class ZygotePhase : std::uint8_t {
  kImporting,
  kForking,  // forks a child per task
  kRunsOne,  // has imported, and becomes the process of one task
  kIsTask,   // has become that process: only its exit is heard of
  kRetired,  // failed to import; about to exit
};

enum class ZygotePurpose : std::uint8_t { kShared, kSingleTask };

class Zygote {
 public:
  // Starts the interpreter. It leads a process group of its own, so that the terminal's Ctrl-C
  // reaches this process only.
  static Result<std::unique_ptr<Zygote>> Start(
      const RunContext& run, const PythonEnvironment& environment, ZygotePurpose purpose,
      const std::map<std::string, std::string>& process_environment, os::ProcessRunner& processes);

  const PythonEnvironment& environment() const { return environment_; }
  int pid() const { return process_->pid(); }
  FrameChannel& channel() { return channel_; }
  OutputCapture& output() { return output_; }
  OutputCapture& errors() { return errors_; }
  // Readable when the process has ended: a pidfd.
  int exit_fd() const { return exit_fd_.get(); }
  ZygotePhase phase() const { return phase_; }
  bool ready() const { return phase_ == ZygotePhase::kForking || phase_ == ZygotePhase::kRunsOne; }

  void OnHello(const RunContext& run);
  void OnLoaded(const LoadedMessage& loaded);
  void Retire();
  // REQUIRES: phase kRunsOne.
  void BecomeTask();
  void Kill();
  // Asks it to kill its children and exit, and waits for that.
  void ShutDown(std::chrono::milliseconds patience);
  // How the process ended; nothing while it runs.
  std::optional<os::ExitStatus> TakeExit();

  // Tasks that wait for the import, and tasks that run as its children, by key.
  std::deque<std::string> waiting;
  std::set<std::string> running;

 private:
  Zygote(PythonEnvironment environment, ZygotePurpose purpose, std::unique_ptr<os::Process> process,
         os::UniqueFd socket, OutputCapture output, OutputCapture errors, os::UniqueFd exit_fd);

  PythonEnvironment environment_;
  ZygotePurpose purpose_;
  FrameChannel channel_;
  OutputCapture output_;
  OutputCapture errors_;
  os::UniqueFd exit_fd_;
  ZygotePhase phase_ = ZygotePhase::kImporting;
  std::unique_ptr<os::Process> process_;  // last: kills and reaps before anything else goes
};

}  // namespace flowstone::exec
