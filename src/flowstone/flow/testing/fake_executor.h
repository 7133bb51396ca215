// FakeExecutor: an Executor whose tasks are a function that the test gives. The function sees the
// task and says how its attempt ends and what it prints; a task that it wants to hang runs until it
// is cancelled. Attempts end in the order of their launch, one for each WaitEvents, so a test sees
// every interleaving that it asks for and no other.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/flow/executor.h"

namespace flowstone::flow::testing {

struct FakeAttempt {
  AttemptResult result = {};  // id and step are filled in
  std::vector<std::pair<OutputStream, std::string>> output = {};
  bool hangs = false;  // until cancelled
};

class FakeExecutor final : public Executor {
 public:
  using Behaviour = std::function<FakeAttempt(const TaskSpec&)>;

  explicit FakeExecutor(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  void Launch(const TaskSpec& task) override {
    launched_.push_back(task);
    FakeAttempt attempt = behaviour_(task);
    attempt.result.id = task.id;
    attempt.result.step = task.step;
    attempt.result.pid = next_pid_++;
    running_.push_back(std::move(attempt));
    most_running_ = std::max(most_running_, running_.size());
  }

  void Cancel(AttemptId id, CancelUrgency urgency) override {
    for (FakeAttempt& attempt : running_) {
      if (attempt.result.id == id) {
        cancelled_.emplace_back(id, urgency);
        attempt.hangs = false;
        attempt.output.clear();
        attempt.result.failure = AttemptFailure{.reason = FailureReason::kCancelled,
                                                .message = "the task was cancelled"};
      }
    }
  }

  std::vector<ExecutorEvent> WaitEvents(std::chrono::milliseconds) override {
    const auto next = std::find_if(running_.begin(), running_.end(),
                                   [](const FakeAttempt& attempt) { return !attempt.hangs; });
    if (next == running_.end()) {
      return {};
    }
    std::vector<ExecutorEvent> events;
    const AttemptId id = next->result.id;
    events.emplace_back(AttemptStarted{.id = id, .pid = next->result.pid});
    for (auto& [stream, text] : next->output) {
      events.emplace_back(AttemptOutput{.id = id, .stream = stream, .text = std::move(text)});
    }
    events.emplace_back(AttemptEnded{std::move(next->result)});
    running_.erase(next);
    return events;
  }

  const std::vector<TaskSpec>& launched() const { return launched_; }
  const std::vector<std::pair<AttemptId, CancelUrgency>>& cancelled() const { return cancelled_; }
  std::size_t most_running() const { return most_running_; }
  std::size_t running() const { return running_.size(); }

 private:
  Behaviour behaviour_;
  std::deque<FakeAttempt> running_;
  std::vector<TaskSpec> launched_;
  std::vector<std::pair<AttemptId, CancelUrgency>> cancelled_;
  std::size_t most_running_ = 0;
  int next_pid_ = 1000;
};

// A result that follows the graph: to `next`, with a foreach when `num_splits` is given.
inline FakeAttempt Succeeds(std::vector<std::string> next,
                            std::optional<std::uint64_t> num_splits = {}) {
  FakeAttempt attempt;
  if (!next.empty()) {
    attempt.result.transition = Transition{.next = std::move(next)};
    if (num_splits) {
      attempt.result.transition->foreach =
          ForeachTransition{.variable = "items", .num_splits = *num_splits};
    }
  }
  return attempt;
}

inline FakeAttempt Fails(FailureReason reason, std::string message) {
  FakeAttempt attempt;
  attempt.result.failure = AttemptFailure{.reason = reason, .message = std::move(message)};
  return attempt;
}

// What a well-behaved task of `graph` does: takes the declared transition, the first case of a
// switch, and opens `num_splits` tasks in each foreach.
inline FakeAttempt FollowsGraph(const Graph& graph, const TaskSpec& task,
                                std::uint64_t num_splits = 2) {
  const std::optional<NodeId> id = graph.Find(task.step);
  if (!id) {
    return Succeeds({});  // _parameters
  }
  const Node& node = graph.node(*id);
  std::vector<std::string> next;
  next.reserve(node.out.size());
  for (const NodeId child : node.out) {
    next.push_back(graph.node(child).name);
  }
  if (node.type == NodeType::kSwitch) {
    next.resize(1);
  }
  return node.type == NodeType::kForeach ? Succeeds(next, num_splits) : Succeeds(next);
}

}  // namespace flowstone::flow::testing
