// EventSink: where a run says what happens, for the console and for --json. The run loop calls it
// on its own thread, in the order of events. RecordingEventSink (flow/testing/) is the fake.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "flowstone/flow/executor.h"
#include "flowstone/flow/scheduler.h"
#include "flowstone/flow/task.h"

namespace flowstone::flow {

struct RunStartedEvent {};
struct TaskStartedEvent {
  std::string step = {};
  AttemptId id = {};
  TaskKind kind = TaskKind::kStep;
  int pid = 0;
};
// As AttemptOutput: whole lines, raw bytes.
struct TaskOutputEvent {
  std::string step = {};
  AttemptId id = {};
  int pid = 0;
  OutputStream stream = OutputStream::kStdout;
  std::string text = {};
};
struct TaskSucceededEvent {
  std::string step = {};
  AttemptId id = {};
  int pid = 0;
  bool caught = false;  // @catch swallowed an exception
};
enum class AfterFailure : std::uint8_t { kRetry, kFallback, kGiveUp };
struct TaskFailedEvent {
  std::string step = {};
  AttemptId id = {};
  int pid = 0;
  AttemptFailure failure = {};
  std::optional<TaskException> exception = {};
  AfterFailure then = AfterFailure::kGiveUp;
};
struct TaskClonedEvent {
  std::string step = {};
  TaskId task = {};
  std::string origin_task = {};
};
struct ForeachYieldedEvent {
  std::string step = {};
  TaskId task = {};
  int pid = 0;
  std::uint64_t num_splits = 0;
};
// The user asked to stop; running tasks are being ended.
struct RunStoppingEvent {
  CancelUrgency urgency = CancelUrgency::kGraceful;
};
struct RunFinishedEvent {
  RunOutcome outcome = {};
};

using RunEvent = std::variant<RunStartedEvent, TaskStartedEvent, TaskOutputEvent,
                              TaskSucceededEvent, TaskFailedEvent, TaskClonedEvent,
                              ForeachYieldedEvent, RunStoppingEvent, RunFinishedEvent>;

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void OnEvent(const RunEvent& event) = 0;
};

}  // namespace flowstone::flow
