// RunFlow: drives a scheduler with an executor until the run is over. It holds back launches above
// `max_workers`, hands every event to the recorder and then to the sink, and cancels what still
// runs when a task has failed for good or the user wants to stop. When it returns nothing of the
// run is left running.
#pragma once

#include <chrono>
#include <cstdint>

#include "flowstone/base/result.h"
#include "flowstone/flow/event_sink.h"
#include "flowstone/flow/executor.h"
#include "flowstone/flow/run_recorder.h"
#include "flowstone/flow/scheduler.h"

namespace flowstone::flow {

enum class StopRequest : std::uint8_t { kNone, kGraceful /* first Ctrl-C */, kImmediate };

// Whether the user wants the run to end. Asked after every event and at least once in each
// `poll_interval`; a signal handler behind it needs no wake-up call, see Executor::WaitEvents.
class StopSignal {
 public:
  virtual ~StopSignal() = default;
  virtual StopRequest Requested() = 0;
};

struct RunLoopOptions {
  int max_workers = 16;  // at least 1
  std::chrono::milliseconds poll_interval{500};
};

// The seams that a run is connected to; all outlive RunFlow.
struct RunLoopSeams {
  Executor& executor;
  EventSink& events;
  RunRecorder& recorder;
  StopSignal& stop;
};

// An Error only when the recorder failed; a failed task is an outcome. `scheduler` is new.
Result<RunOutcome> RunFlow(Scheduler& scheduler, const RunLoopSeams& seams,
                           const RunLoopOptions& options);

}  // namespace flowstone::flow
