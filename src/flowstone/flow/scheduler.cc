#include "flowstone/flow/scheduler.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "flowstone/base/check.h"
#include "flowstone/flow/transition_check.h"

namespace flowstone::flow {
namespace {

// One execution of a split: the tasks that have arrived at its join, by branch.
struct OpenSplit {
  TaskId split_task;
  std::vector<std::optional<TaskId>> arrived;
  std::size_t missing = 0;
};

// The innermost split execution around a task, and the task's branch of it.
struct BranchPosition {
  std::size_t split = 0;  // index of an OpenSplit
  std::size_t branch = 0;
};

struct TaskState {
  std::optional<NodeId> node = {};  // nothing for `_parameters`
  std::optional<BranchPosition> position = {};
  TaskSpec spec = {};  // of the newest attempt
  bool finished = false;
  SharedArtifacts artifacts = {};  // once finished
};

// "train[3,0][2]": step, foreach indices, iterations. The same in every run of a flow.
std::string PathspecIndex(const std::string& step, const std::vector<std::uint64_t>& indices,
                          const std::vector<std::uint64_t>& iterations) {
  std::string text = step;
  for (const std::vector<std::uint64_t>* numbers : {&indices, &iterations}) {
    text += '[';
    for (const std::uint64_t number : *numbers) {
      text += std::to_string(number) + ",";
    }
    text += ']';
  }
  return text;
}

std::vector<std::uint64_t> ForeachIndices(const std::vector<ForeachFrame>& stack) {
  std::vector<std::uint64_t> indices;
  indices.reserve(stack.size());
  for (const ForeachFrame& frame : stack) {
    indices.push_back(frame.index);
  }
  return indices;
}

}  // namespace

class Scheduler::Impl {
 public:
  Impl(const Graph& graph, SchedulerOptions options) : graph_(graph), options_(std::move(options)) {
    FLOWSTONE_CHECK(graph_.start() && graph_.end() && graph_.nesting_problems().empty());
    if (options_.resume) {
      IndexOriginTasks(*options_.resume);
    }
  }

  std::vector<Action> Start() {
    FLOWSTONE_CHECK(tasks_.empty());
    TaskState state;
    state.spec.kind = TaskKind::kParameters;
    state.spec.step = kParametersStep;
    Add(std::move(state));
    return TakeActions();
  }

  std::vector<Action> OnAttemptEnded(const AttemptResult& result) {
    FLOWSTONE_CHECK(result.id.task.value < tasks_.size());
    TaskState& task = State(result.id.task);
    if (finished_) {
      return {};
    }
    FLOWSTONE_CHECK(!task.finished && task.spec.id == result.id);
    if (result.ok()) {
      completed_.push_back(result);
    } else if (!Retry(task, *result.failure)) {
      Fail(task, result.failure->message);
    }
    return TakeActions();
  }

  bool finished() const { return finished_; }

 private:
  TaskState& State(TaskId id) { return tasks_[id.value]; }

  void IndexOriginTasks(const ResumePlan& plan) {
    std::vector<bool> rerun(graph_.nodes().size());
    if (plan.from_step) {
      const std::optional<NodeId> from = graph_.Find(*plan.from_step);
      FLOWSTONE_CHECK(from.has_value());
      rerun = graph_.ReachableFrom(*from);
    }
    for (const OriginTask& origin : plan.tasks) {
      const std::optional<NodeId> node = graph_.Find(origin.result.step);
      if (node ? !rerun[node->value] : origin.result.step == kParametersStep) {
        origins_.emplace(
            PathspecIndex(origin.result.step, origin.foreach_indices, origin.iteration_stack),
            &origin);
      }
    }
  }

  // Follows every completed task; clones complete at once and so feed the same queue.
  std::vector<Action> TakeActions() {
    while (!completed_.empty() && !finished_) {
      const AttemptResult result = std::move(completed_.front());
      completed_.pop_front();
      Advance(result);
    }
    return std::exchange(actions_, {});
  }

  void Add(TaskState state) {
    const TaskId id{tasks_.size()};
    state.spec.id = {.task = id, .attempt = 0};
    const auto policy = options_.retries.find(state.spec.step);
    if (policy != options_.retries.end()) {
      state.spec.max_user_code_retries = policy->second.user_code_retries;
      state.spec.max_error_retries = policy->second.error_retries;
    }
    tasks_.push_back(std::move(state));
    const TaskState& task = tasks_.back();
    if (const OriginTask* origin = FindOrigin(task); origin != nullptr) {
      AttemptResult result = origin->result;
      result.id = task.spec.id;
      completed_.push_back(result);
      actions_.emplace_back(
          CloneTask{.task = task.spec, .origin_task = origin->task, .result = std::move(result)});
    } else {
      actions_.emplace_back(LaunchTask{task.spec});
    }
  }

  // The origin to clone, unless the flow has changed so much that it leads nowhere.
  const OriginTask* FindOrigin(const TaskState& task) const {
    const auto found = origins_.find(PathspecIndex(
        task.spec.step, ForeachIndices(task.spec.foreach_stack), task.spec.iteration_stack));
    if (found == origins_.end()) {
      return nullptr;
    }
    const bool fits = !task.node || !Complaint(*task.node, found->second->result);
    return fits ? found->second : nullptr;
  }

  std::optional<std::string> Complaint(NodeId node, const AttemptResult& result) const {
    return TransitionComplaint(graph_, node, result.transition, options_.max_num_splits);
  }

  bool Retry(TaskState& task, const AttemptFailure& failure) {
    const int next = task.spec.id.attempt + 1;
    const int last =
        std::min(task.spec.max_user_code_retries + task.spec.max_error_retries, kMaxAttempts - 1);
    if (failure.reason == FailureReason::kCancelled || next > last) {
      return false;
    }
    task.spec.id.attempt = next;
    if (next > task.spec.max_user_code_retries) {
      task.spec.kind = TaskKind::kFallback;
      task.spec.failure = failure;
    }
    actions_.emplace_back(LaunchTask{task.spec});
    return true;
  }

  void Fail(const TaskState& task, std::string message) {
    Finish({.status = RunStatus::kFailed,
            .failed_task = TaskName(task.spec.step, task.spec.id.task),
            .message = std::move(message)});
  }

  void Finish(RunOutcome outcome) {
    finished_ = true;
    actions_.emplace_back(FinishRun{std::move(outcome)});
  }

  void Advance(const AttemptResult& result) {
    TaskState& task = State(result.id.task);
    task.finished = true;
    task.artifacts = std::make_shared<const ArtifactMap>(result.artifacts);
    if (!task.node) {
      parameters_ = task.artifacts;
      AddStart(result.id.task);
      return;
    }
    if (auto complaint = Complaint(*task.node, result); complaint) {
      Fail(task, *std::move(complaint));
      return;
    }
    task.spec.inputs.clear();  // no further attempt reads them
    const Node& node = graph_.node(*task.node);
    switch (node.type) {
      case NodeType::kEnd:
        Finish({.status = RunStatus::kSucceeded});
        break;
      case NodeType::kSplit:
        OpenStaticSplit(result.id.task, node);
        break;
      case NodeType::kForeach:
        OpenForeach(result.id.task, node, *result.transition->foreach);
        break;
      case NodeType::kStart:
      case NodeType::kLinear:
      case NodeType::kJoin:
        Follow(result.id.task, node.out.front());
        break;
      case NodeType::kSwitch:
        Follow(result.id.task, *graph_.Find(result.transition->next.front()));
        break;
    }
  }

  void AddStart(TaskId parameters) {
    TaskState state = NewTask(*graph_.start());
    state.spec.inputs = {InputFrom(parameters)};
    Add(std::move(state));
  }

  TaskState NewTask(NodeId node) const {
    TaskState state;
    state.node = node;
    state.spec.step = graph_.node(node).name;
    state.spec.join = graph_.node(node).join;
    state.spec.parameters = parameters_;
    if (graph_.HasSelfLoop(node)) {
      state.spec.iteration_stack = {0};
    }
    return state;
  }

  TaskInput InputFrom(TaskId id) {
    const TaskState& task = State(id);
    return {.step = task.spec.step,
            .task = id,
            .artifacts = task.artifacts,
            .foreach_stack = task.spec.foreach_stack};
  }

  // One task leads to one other: the next step, another turn of a switch, or a join.
  void Follow(TaskId from, NodeId to) {
    if (graph_.node(to).type == NodeType::kJoin) {
      ArriveAtJoin(from, to);
      return;
    }
    const TaskState& parent = State(from);
    TaskState state = NewTask(to);
    state.position = parent.position;
    state.spec.foreach_stack = parent.spec.foreach_stack;
    state.spec.inputs = {InputFrom(from)};
    if (parent.node == to) {
      state.spec.iteration_stack = {parent.spec.iteration_stack.front() + 1};
    }
    Add(std::move(state));
  }

  std::size_t OpenSplitOf(TaskId task, std::size_t branches) {
    splits_.push_back({.split_task = task,
                       .arrived = std::vector<std::optional<TaskId>>(branches),
                       .missing = branches});
    return splits_.size() - 1;
  }

  void OpenStaticSplit(TaskId from, const Node& node) {
    const std::size_t split = OpenSplitOf(from, node.out.size());
    for (std::size_t branch = 0; branch < node.out.size(); ++branch) {
      TaskState state = NewTask(node.out[branch]);
      state.position = {.split = split, .branch = branch};
      state.spec.foreach_stack = State(from).spec.foreach_stack;
      state.spec.inputs = {InputFrom(from)};
      Add(std::move(state));
    }
  }

  void OpenForeach(TaskId from, const Node& node, const ForeachTransition& foreach) {
    actions_.emplace_back(
        YieldForeach{.step = node.name, .task = from, .num_splits = foreach.num_splits});
    const std::size_t split = OpenSplitOf(from, foreach.num_splits);
    for (std::size_t index = 0; index < foreach.num_splits; ++index) {
      TaskState state = NewTask(node.out.front());
      state.position = {.split = split, .branch = index};
      state.spec.foreach_stack = State(from).spec.foreach_stack;
      state.spec.foreach_stack.push_back(
          {.step = node.name,
           .variable = foreach.variable,
           .num_splits = foreach.num_splits,
           .index = index,
           .value = index < foreach.values.size() ? foreach.values[index] : ""});
      state.spec.inputs = {InputFrom(from)};
      Add(std::move(state));
    }
  }

  void ArriveAtJoin(TaskId from, NodeId join) {
    FLOWSTONE_CHECK(State(from).position.has_value());
    const BranchPosition position = *State(from).position;
    OpenSplit& split = splits_[position.split];
    FLOWSTONE_CHECK(!split.arrived[position.branch]);
    split.arrived[position.branch] = from;
    if (--split.missing > 0) {
      return;
    }
    const TaskState& split_task = State(split.split_task);
    TaskState state = NewTask(join);
    state.position = split_task.position;
    state.spec.foreach_stack = split_task.spec.foreach_stack;
    state.spec.inputs.reserve(split.arrived.size());
    for (const std::optional<TaskId> task : split.arrived) {
      state.spec.inputs.push_back(InputFrom(*task));
    }
    split.arrived = {};
    Add(std::move(state));
  }

  const Graph& graph_;
  SchedulerOptions options_;
  std::unordered_map<std::string, const OriginTask*> origins_;  // into options_; by PathspecIndex
  std::deque<TaskState> tasks_;                                 // by TaskId
  std::vector<OpenSplit> splits_;
  SharedArtifacts parameters_;
  std::deque<AttemptResult> completed_;
  std::vector<Action> actions_;
  bool finished_ = false;
};

Scheduler::Scheduler(const Graph& graph, SchedulerOptions options)
    : impl_(std::make_unique<Impl>(graph, std::move(options))) {}

Scheduler::~Scheduler() = default;

std::vector<Action> Scheduler::Start() {
  return impl_->Start();
}

std::vector<Action> Scheduler::OnAttemptEnded(const AttemptResult& result) {
  return impl_->OnAttemptEnded(result);
}

bool Scheduler::finished() const {
  return impl_->finished();
}

}  // namespace flowstone::flow
