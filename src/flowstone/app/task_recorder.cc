#include "flowstone/app/task_recorder.h"

#include "flowstone/app/record_values.h"

namespace flowstone::app {
namespace {

constexpr std::string_view kTruncated = "[TRUNCATED - MAXIMUM LOG FILE SIZE REACHED]\n";

// Appends up to `limit` bytes in all, then says once that there was more.
void AppendLimited(std::string& log, std::string_view text, std::uint64_t limit) {
  if (log.size() >= limit) {
    return;
  }
  log += text.substr(0, limit - log.size());
  if (log.size() >= limit) {
    log += kTruncated;
  }
}

}  // namespace

Status TaskRecorder::CreateTask(const flow::TaskSpec& task, std::optional<std::string> origin) {
  store::TaskRecord record{.step = task.step,
                           .task = task.id.task.ToString(),
                           .created_ms = NowMs(),
                           .origin = std::move(origin)};
  for (const flow::ForeachFrame& frame : task.foreach_stack) {
    record.foreach_stack.push_back({.step = frame.step,
                                    .variable = frame.variable,
                                    .num_splits = static_cast<std::int64_t>(frame.num_splits),
                                    .index = static_cast<std::int64_t>(frame.index),
                                    .value = frame.value});
  }
  record.iteration_stack.assign(task.iteration_stack.begin(), task.iteration_stack.end());
  for (const flow::TaskInput& input : task.inputs) {
    record.parents.push_back(flow::TaskName(input.step, input.task));
  }
  return runs_.CreateTask(options_.run, record);
}

Status TaskRecorder::OnTaskCreated(const flow::TaskSpec& task) {
  return CreateTask(task, std::nullopt);
}

Status TaskRecorder::OnTaskCloned(const flow::CloneTask& clone) {
  const store::TaskPath origin{.flow = options_.run.flow,
                               .run = options_.origin_run.value_or(""),
                               .step = clone.task.step,
                               .task = clone.origin_task};
  FLOWSTONE_TRY(CreateTask(clone.task, origin.ToString()));
  // The logs of the origin are those of its successful attempt, which is its newest.
  Logs logs;
  FLOWSTONE_LET(const std::vector<std::int64_t> attempts, runs_.ListAttempts(origin));
  if (!attempts.empty()) {
    FLOWSTONE_LET(logs.standard_output,
                  runs_.ReadLog(origin, attempts.back(), store::LogStream::kStandardOutput));
    FLOWSTONE_LET(logs.standard_error,
                  runs_.ReadLog(origin, attempts.back(), store::LogStream::kStandardError));
  }
  return WriteAttempt(clone.result, logs);
}

Status TaskRecorder::OnOutput(const std::string& /*step*/, const flow::AttemptOutput& output) {
  Logs& logs = logs_[output.id];
  AppendLimited(
      output.stream == flow::OutputStream::kStdout ? logs.standard_output : logs.standard_error,
      output.text, options_.max_log_bytes);
  return Ok();
}

Status TaskRecorder::OnAttemptEnded(const flow::AttemptResult& result) {
  const auto node = logs_.extract(result.id);
  return WriteAttempt(result, node.empty() ? Logs{} : node.mapped());
}

Status TaskRecorder::WriteAttempt(const flow::AttemptResult& result, const Logs& logs) {
  store::AttemptRecord record = ToAttemptRecord(result);
  record.host = options_.host;
  if (const auto found = options_.environments.find(result.step);
      found != options_.environments.end()) {
    record.environment = found->second;
  }
  const store::TaskPath path{.flow = options_.run.flow,
                             .run = options_.run.run,
                             .step = result.step,
                             .task = result.id.task.ToString()};
  return runs_.WriteAttempt(
      path, std::move(record),
      {.standard_output = logs.standard_output, .standard_error = logs.standard_error});
}

Status TaskRecorder::OnRunEnded(const flow::RunOutcome& outcome) {
  store::RunEnd end{.finished_ms = NowMs(), .message = outcome.message};
  switch (outcome.status) {
    case flow::RunStatus::kSucceeded:
      end.status = store::RunStatus::kSucceeded;
      break;
    case flow::RunStatus::kFailed:
      end.status = store::RunStatus::kFailed;
      break;
    case flow::RunStatus::kInterrupted:
      end.status = store::RunStatus::kInterrupted;
      break;
  }
  if (outcome.failed_task) {
    end.failed_task = options_.run.ToString() + "/" + *outcome.failed_task;
  }
  return runs_.EndRun(options_.run, end);
}

}  // namespace flowstone::app
