// Executor: runs attempts of tasks, somewhere. LocalExecutor (exec/) is the real one for this
// machine; FakeExecutor (flow/testing/) answers from a function that the test gives. Both pass the
// contract of flow/testing/executor_contract.h:
//
// - Launch never fails: what goes wrong arrives as AttemptEnded with a reason.
// - For each launched attempt come, in this order: at most one AttemptStarted, any number of
//   AttemptOutput, exactly one AttemptEnded, after which nothing of it is left running.
// - Cancel ends an attempt with reason kCancelled, unless it had ended by itself already.
// - Destroying an executor kills what still runs.
//
// One thread calls all of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "flowstone/flow/task.h"

namespace flowstone::flow {

enum class OutputStream : std::uint8_t { kStdout, kStderr };

struct AttemptStarted {
  AttemptId id = {};
  int pid = 0;
};
// Whole lines with their newlines, raw bytes; a line over the executor's limit and the last one of
// an attempt may lack theirs.
struct AttemptOutput {
  AttemptId id = {};
  OutputStream stream = OutputStream::kStdout;
  std::string text = {};
};
struct AttemptEnded {
  AttemptResult result = {};
};
using ExecutorEvent = std::variant<AttemptStarted, AttemptOutput, AttemptEnded>;

enum class CancelUrgency : std::uint8_t {
  kGraceful,   // asks (SIGTERM), then kills after a grace period
  kImmediate,  // kills
};

class Executor {
 public:
  virtual ~Executor() = default;
  virtual void Launch(const TaskSpec& task) = 0;
  // Nothing when the attempt is unknown or has ended. A second, immediate cancel shortens the
  // grace.
  virtual void Cancel(AttemptId id, CancelUrgency urgency) = 0;
  // Waits until something happened, `timeout` passed or a signal was delivered to this process;
  // empty in the latter two cases.
  virtual std::vector<ExecutorEvent> WaitEvents(std::chrono::milliseconds timeout) = 0;
};

}  // namespace flowstone::flow
