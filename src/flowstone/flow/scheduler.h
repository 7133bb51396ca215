// Scheduler: decides which task of a run comes next. A pure state machine: Start and OnAttemptEnded
// take what happened and return what to do; no clock, no process, no randomness, so the same events
// give the same actions and the same task numbers.
//
// A finished task costs O(its children): each split that runs has a counter of the branches still
// missing, and the last one to arrive creates the join. Switches take one branch; a switch that
// names itself runs again with its iteration count increased.
//
// Resuming is the same walk: a task whose origin finished, and which is not behind the step to
// resume from, is cloned instead of launched. A task whose transition no longer fits the graph is
// run again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "flowstone/flow/graph.h"
#include "flowstone/flow/retry_policy.h"
#include "flowstone/flow/task.h"

namespace flowstone::flow {

// A task of the origin run that succeeded.
struct OriginTask {
  std::string task = {};                            // its id there
  std::vector<std::uint64_t> foreach_indices = {};  // outermost first
  std::vector<std::uint64_t> iteration_stack = {};
  AttemptResult result = {};  // of its successful attempt; names the step
};

struct ResumePlan {
  // Run this step of the graph and everything behind it again; nothing: clone all that succeeded.
  std::optional<std::string> from_step = {};
  std::vector<OriginTask> tasks = {};  // `_parameters` among them
};

struct SchedulerOptions {
  std::uint64_t max_num_splits = 100;               // of one foreach
  std::map<std::string, RetryPolicy> retries = {};  // by step; absent: no retry
  std::optional<ResumePlan> resume = {};
};

enum class RunStatus : std::uint8_t { kSucceeded, kFailed, kInterrupted };

struct RunOutcome {
  RunStatus status = RunStatus::kSucceeded;
  std::optional<std::string> failed_task = {};  // "step/task"
  std::string message = {};                     // of a failure: one sentence
  friend bool operator==(const RunOutcome&, const RunOutcome&) = default;
};

// Run this attempt: a new task, or a further attempt of one (attempt > 0).
struct LaunchTask {
  TaskSpec task = {};
};
// The task exists in this run with the result of its origin; it is finished.
struct CloneTask {
  TaskSpec task = {};
  std::string origin_task = {};  // id in the origin run
  AttemptResult result = {};     // with the ids of this run
};
// A task opened a foreach.
struct YieldForeach {
  std::string step = {};
  TaskId task = {};
  std::uint64_t num_splits = 0;
};
// The run is over; the attempts that still run are to be cancelled. Always the last action.
struct FinishRun {
  RunOutcome outcome = {};
};
using Action = std::variant<LaunchTask, CloneTask, YieldForeach, FinishRun>;

class Scheduler {
 public:
  // `graph` must have no findings (graph_check.h) and outlive the scheduler.
  Scheduler(const Graph& graph, SchedulerOptions options);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Launches (or clones) `_parameters`. Once, first.
  std::vector<Action> Start();
  // For each attempt launched, in any order. After the run is over it changes nothing.
  std::vector<Action> OnAttemptEnded(const AttemptResult& result);

  bool finished() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace flowstone::flow
