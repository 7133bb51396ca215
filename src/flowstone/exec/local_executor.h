// LocalExecutor: runs tasks on this machine. One zygote process per Python environment imports the
// flow once and forks a child per attempt; where it cannot be forked (it has threads, or the user
// asked for processes or private layers) each attempt gets a process of its own. The protocol is
// docs/formats/worker-protocol.md.
//
// WaitEvents is the event loop: one epoll over all channels and pipes, on the caller's thread. Two
// storage threads hash, compress and fetch artifacts while tasks and loop go on.
//
// An attempt that has ended leaves nothing behind: its process group is killed. Children get
// /dev/null as standard input, and none of this process's descriptors but their own.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/exec/artifact_store.h"
#include "flowstone/exec/run_context.h"
#include "flowstone/flow/executor.h"
#include "flowstone/os/clock.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::exec {

enum class ProcessMode : std::uint8_t {
  kFork,   // a zygote per environment, a fork per attempt
  kFresh,  // an interpreter per attempt
};

struct LocalExecutorOptions {
  RunContext run = {};
  // Where the tasks of a step run, by step; `_parameters` too.
  std::map<std::string, PythonEnvironment> environments = {};
  // Variables of @environment, by step.
  std::map<std::string, std::map<std::string, std::string>> step_variables = {};
  // The whole environment that interpreters start with.
  std::map<std::string, std::string> process_environment = {};
  ProcessMode mode = ProcessMode::kFork;
  std::chrono::milliseconds kill_grace{5000};  // from SIGTERM to SIGKILL
};

class LocalExecutor final : public flow::Executor {
 public:
  // kIo when the kernel has no more descriptors. The seams outlive the executor.
  static Result<std::unique_ptr<LocalExecutor>> Create(LocalExecutorOptions options,
                                                       os::ProcessRunner& processes,
                                                       os::Clock& clock, ArtifactStore& artifacts);
  ~LocalExecutor() override;
  LocalExecutor(const LocalExecutor&) = delete;
  LocalExecutor& operator=(const LocalExecutor&) = delete;

  void Launch(const flow::TaskSpec& task) override;
  void Cancel(flow::AttemptId id, flow::CancelUrgency urgency) override;
  std::vector<flow::ExecutorEvent> WaitEvents(std::chrono::milliseconds timeout) override;

 private:
  class Impl;
  explicit LocalExecutor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace flowstone::exec
