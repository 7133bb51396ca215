#include "flowstone/cli/task_selection.h"

#include <algorithm>

#include "flowstone/base/text.h"

namespace flowstone::cli {
namespace {

Error NoSuch(const std::string& what, const std::vector<std::string>& existing) {
  Error error{.code = ErrorCode::kNotFound, .message = what};
  if (!existing.empty()) {
    error.hints.push_back("there are: " + JoinText(existing, ", "));
  }
  return error;
}

}  // namespace

Result<std::vector<store::TaskPath>> SelectTasks(store::RunStore& runs, const std::string& flow,
                                                 const std::string& pathspec) {
  std::vector<std::string_view> parts = SplitText(pathspec, '/');
  if (parts.size() == 4 && parts.front() == flow) {
    parts.erase(parts.begin());
  }
  const bool empty_part = std::find(parts.begin(), parts.end(), "") != parts.end();
  if (parts.size() < 2 || parts.size() > 3 || empty_part) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + pathspec + "' names no tasks",
                 .hints = {"write RUN/STEP or RUN/STEP/TASK"}};
  }
  const store::RunPath run{.flow = flow, .run = std::string(parts[0])};
  FLOWSTONE_TRY(runs.ReadRun(run));
  const std::string step(parts[1]);
  FLOWSTONE_LET(const std::vector<std::string> steps, runs.ListSteps(run));
  if (std::find(steps.begin(), steps.end(), step) == steps.end()) {
    return NoSuch("run " + run.run + " has no step '" + step + "'", steps);
  }
  FLOWSTONE_LET(const std::vector<std::string> tasks, runs.ListTasks(run, step));
  std::vector<store::TaskPath> selected;
  for (const std::string& task : tasks) {
    if (parts.size() == 2 || task == parts[2]) {
      selected.push_back({.flow = flow, .run = run.run, .step = step, .task = task});
    }
  }
  if (selected.empty()) {
    return NoSuch("step " + run.run + "/" + step + " has no task '" + std::string(parts[2]) + "'",
                  tasks);
  }
  return selected;
}

}  // namespace flowstone::cli
