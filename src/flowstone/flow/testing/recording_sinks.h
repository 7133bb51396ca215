// RecordingEventSink and RecordingRunRecorder: keep what a run loop says, as events and as lines of
// text that a test can compare: "started train/3", "failed train/3.0 user: boom (retry)".
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/flow/event_sink.h"
#include "flowstone/flow/run_recorder.h"

namespace flowstone::flow::testing {

inline std::string AttemptName(const std::string& step, AttemptId id) {
  return TaskName(step, id.task) + "." + std::to_string(id.attempt);
}

class RecordingEventSink final : public EventSink {
 public:
  void OnEvent(const RunEvent& event) override {
    events_.push_back(event);
    lines_.push_back(std::visit([](const auto& known) { return Line(known); }, event));
  }
  const std::vector<RunEvent>& events() const { return events_; }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  static std::string Line(const RunStartedEvent&) { return "run started"; }
  static std::string Line(const TaskStartedEvent& event) {
    return "started " + AttemptName(event.step, event.id) +
           (event.kind == TaskKind::kFallback ? " (fallback)" : "");
  }
  static std::string Line(const TaskOutputEvent& event) {
    return (event.stream == OutputStream::kStdout ? "stdout " : "stderr ") +
           AttemptName(event.step, event.id) + ": " + event.text;
  }
  static std::string Line(const TaskSucceededEvent& event) {
    return "succeeded " + AttemptName(event.step, event.id) + (event.caught ? " (caught)" : "");
  }
  static std::string Line(const TaskFailedEvent& event) {
    const char* const then = event.then == AfterFailure::kRetry      ? " (retry)"
                             : event.then == AfterFailure::kFallback ? " (fallback)"
                                                                     : "";
    return "failed " + AttemptName(event.step, event.id) + " " +
           std::string(FailureReasonName(event.failure.reason)) + ": " + event.failure.message +
           then;
  }
  static std::string Line(const TaskClonedEvent& event) {
    return "cloned " + TaskName(event.step, event.task) + " from " + event.origin_task;
  }
  static std::string Line(const ForeachYieldedEvent& event) {
    return "foreach " + TaskName(event.step, event.task) + " yields " +
           std::to_string(event.num_splits);
  }
  static std::string Line(const RunStoppingEvent&) { return "stopping"; }
  static std::string Line(const RunFinishedEvent& event) {
    switch (event.outcome.status) {
      case RunStatus::kSucceeded:
        return "run succeeded";
      case RunStatus::kFailed:
        return "run failed at " + event.outcome.failed_task.value_or("-") + ": " +
               event.outcome.message;
      case RunStatus::kInterrupted:
        return "run interrupted";
    }
    return "";
  }

  std::vector<RunEvent> events_;
  std::vector<std::string> lines_;
};

class RecordingRunRecorder final : public RunRecorder {
 public:
  Status OnTaskCreated(const TaskSpec& task) override {
    return Keep("created " + TaskName(task.step, task.id.task));
  }
  Status OnTaskCloned(const CloneTask& clone) override {
    return Keep("cloned " + TaskName(clone.task.step, clone.task.id.task));
  }
  Status OnOutput(const std::string& step, const AttemptOutput& output) override {
    return Keep("output " + AttemptName(step, output.id) + ": " + output.text);
  }
  Status OnAttemptEnded(const AttemptResult& result) override {
    return Keep("ended " + AttemptName(result.step, result.id) +
                (result.ok() ? "" : " " + std::string(FailureReasonName(result.failure->reason))));
  }
  Status OnRunEnded(const RunOutcome&) override { return Keep("run ended"); }

  // From now on a call whose line begins with `prefix` fails.
  void FailAt(std::string prefix) { failing_prefix_ = std::move(prefix); }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  Status Keep(std::string line) {
    if (failing_prefix_ && line.starts_with(*failing_prefix_)) {
      return Error{.code = ErrorCode::kIo, .message = "no space left for '" + line + "'"};
    }
    lines_.push_back(std::move(line));
    return Ok();
  }

  std::vector<std::string> lines_;
  std::optional<std::string> failing_prefix_;
};

}  // namespace flowstone::flow::testing
