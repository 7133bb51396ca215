// TaskRecorder: writes what a run does into the datastore, one immutable record per task and
// attempt. The flow::RunRecorder of local runs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "flowstone/flow/run_recorder.h"
#include "flowstone/os/clock.h"
#include "flowstone/store/run_store.h"

namespace flowstone::app {

// Where the tasks of a step run, for their records; nothing for the launching interpreter.
using StepEnvironments = std::map<std::string, std::optional<store::EnvironmentReference>>;

class TaskRecorder final : public flow::RunRecorder {
 public:
  struct Options {
    store::RunPath run;
    StepEnvironments environments;
    std::string host;
    std::optional<std::string> origin_run;  // of a resumed run
    // Bytes of each log that are kept (`--max-log-size`); what follows is cut with a notice.
    std::uint64_t max_log_bytes = std::uint64_t{10} << 20U;
  };

  // `runs` and `clock` outlive the recorder.
  TaskRecorder(store::RunStore& runs, os::Clock& clock, Options options)
      : runs_(runs), clock_(clock), options_(std::move(options)) {}

  Status OnTaskCreated(const flow::TaskSpec& task) override;
  Status OnTaskCloned(const flow::CloneTask& clone) override;
  Status OnOutput(const std::string& step, const flow::AttemptOutput& output) override;
  Status OnAttemptEnded(const flow::AttemptResult& result) override;
  Status OnRunEnded(const flow::RunOutcome& outcome) override;

 private:
  struct Logs {
    std::string standard_output;
    std::string standard_error;
  };

  Status CreateTask(const flow::TaskSpec& task, std::optional<std::string> origin);
  Status WriteAttempt(const flow::AttemptResult& result, const Logs& logs);
  std::int64_t NowMs() { return clock_.NowNs() / 1'000'000; }

  store::RunStore& runs_;
  os::Clock& clock_;
  const Options options_;
  std::map<flow::AttemptId, Logs> logs_;  // of the attempts that run
};

}  // namespace flowstone::app
