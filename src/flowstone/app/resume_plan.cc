#include "flowstone/app/resume_plan.h"

#include <charconv>
#include <utility>

#include "flowstone/app/record_values.h"
#include "flowstone/base/text.h"

namespace flowstone::app {
namespace {

Result<std::optional<flow::OriginTask>> ReadOriginTask(store::RunStore& runs,
                                                       const store::TaskPath& path) {
  FLOWSTONE_LET(const std::optional<store::AttemptRecord> attempt, runs.ReadLatestAttempt(path));
  std::uint64_t number = 0;
  std::from_chars(path.task.data(), path.task.data() + path.task.size(), number);
  if (!attempt || attempt->status != store::AttemptStatus::kSucceeded) {
    return std::optional<flow::OriginTask>();
  }
  FLOWSTONE_LET(const store::TaskRecord record, runs.ReadTask(path));
  flow::OriginTask task{.task = path.task};
  for (const store::ForeachFrame& frame : record.foreach_stack) {
    task.foreach_indices.push_back(static_cast<std::uint64_t>(frame.index));
  }
  task.iteration_stack.assign(record.iteration_stack.begin(), record.iteration_stack.end());
  FLOWSTONE_LET(task.result, ToAttemptResult(*attempt, path.step, {.value = number}));
  return std::optional<flow::OriginTask>(std::move(task));
}

Status CheckStep(const flow::FlowDescription& flow, const flow::Graph& graph,
                 const std::string& step) {
  if (graph.Find(step)) {
    return Ok();
  }
  Error error{.code = ErrorCode::kInvalid,
              .message = "the flow " + flow.name + " has no step '" + step + "'"};
  std::vector<std::string> steps;
  steps.reserve(flow.steps.size());
  for (const flow::StepDescription& known : flow.steps) {
    steps.push_back(known.name);
  }
  if (const auto nearest = NearestSpelling(step, steps)) {
    error.hints.push_back("did you mean '" + *nearest + "'?");
  }
  return error;
}

}  // namespace

Result<OriginRun> PlanResume(store::RunStore& runs, const flow::FlowDescription& flow,
                             const flow::Graph& graph, const ResumeChoice& choice) {
  if (choice.step) {
    FLOWSTONE_TRY(CheckStep(flow, graph, *choice.step));
  }
  OriginRun origin;
  if (choice.origin_run) {
    origin.run = *choice.origin_run;
  } else {
    FLOWSTONE_LET(origin.run,
                  Annotate(runs.LatestRun(flow.name), "while looking for a run to resume"));
  }
  const store::RunPath run{.flow = flow.name, .run = origin.run};
  FLOWSTONE_TRY(runs.ReadRun(run));
  origin.plan.from_step = choice.step;
  FLOWSTONE_LET(const std::vector<std::string> steps, runs.ListSteps(run));
  for (const std::string& step : steps) {
    FLOWSTONE_LET(const std::vector<std::string> tasks, runs.ListTasks(run, step));
    for (const std::string& task : tasks) {
      FLOWSTONE_LET(std::optional<flow::OriginTask> read,
                    ReadOriginTask(runs, {flow.name, origin.run, step, task}));
      if (read) {
        origin.plan.tasks.push_back(std::move(*read));
      }
    }
  }
  return origin;
}

}  // namespace flowstone::app
