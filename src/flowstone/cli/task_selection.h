// Which tasks a command line names: RUN/STEP, RUN/STEP/TASK, or FLOW/RUN/STEP/TASK.
#pragma once

#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/store/run_store.h"

namespace flowstone::cli {

// The tasks in the order of their numbers. kInvalid for a text of another shape; kNotFound when
// there is no such run, step or task, naming what exists instead.
Result<std::vector<store::TaskPath>> SelectTasks(store::RunStore& runs, const std::string& flow,
                                                 const std::string& pathspec);

}  // namespace flowstone::cli
