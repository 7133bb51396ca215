// Between what the scheduler and the executors speak of (flow::) and what records hold (store::).
#pragma once

#include "flowstone/base/result.h"
#include "flowstone/flow/task.h"
#include "flowstone/store/run_records.h"

namespace flowstone::app {

// Everything but host, environment and log sizes, which the result does not know.
store::AttemptRecord ToAttemptRecord(const flow::AttemptResult& result);

// The result that a record tells of, for resuming; `task` is its number. kCorrupt when a field is
// none that this version writes.
Result<flow::AttemptResult> ToAttemptResult(const store::AttemptRecord& record,
                                            const std::string& step, flow::TaskId task);

}  // namespace flowstone::app
