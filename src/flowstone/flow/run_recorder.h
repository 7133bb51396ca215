// RunRecorder: where the run loop writes what outlives the run. `app` implements it over the
// datastore. Each call returns when the record is durable; an error ends the run. Called on the run
// loop's thread, each before the event sink hears of the same thing.
#pragma once

#include <string>

#include "flowstone/base/result.h"
#include "flowstone/flow/executor.h"
#include "flowstone/flow/scheduler.h"
#include "flowstone/flow/task.h"

namespace flowstone::flow {

class RunRecorder {
 public:
  virtual ~RunRecorder() = default;
  // Before the first attempt of a task is launched.
  virtual Status OnTaskCreated(const TaskSpec& task) = 0;
  // A task taken over from the origin run: created and finished at once.
  virtual Status OnTaskCloned(const CloneTask& clone) = 0;
  // Raw bytes, as they come. May keep them until OnAttemptEnded.
  virtual Status OnOutput(const std::string& step, const AttemptOutput& output) = 0;
  // After its artifacts are stored and all of its output was handed over.
  virtual Status OnAttemptEnded(const AttemptResult& result) = 0;
  // Once, last.
  virtual Status OnRunEnded(const RunOutcome& outcome) = 0;
};

}  // namespace flowstone::flow
