#include "flowstone/flow/run_loop.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/check.h"

namespace flowstone::flow {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

class RunLoop {
 public:
  RunLoop(Scheduler& scheduler, const RunLoopSeams& seams, const RunLoopOptions& options)
      : scheduler_(scheduler), seams_(seams), options_(options) {
    FLOWSTONE_CHECK(options_.max_workers >= 1);
  }

  Result<RunOutcome> Run() {
    seams_.events.OnEvent(RunStartedEvent{});
    Note(Perform(scheduler_.Start(), nullptr));
    while (!running_.empty() || !outcome_) {
      CheckStopRequest();
      LaunchReady();
      if (running_.empty()) {
        FLOWSTONE_CHECK(outcome_.has_value());  // the scheduler never leaves a run without a task
        break;
      }
      for (ExecutorEvent& event : seams_.executor.WaitEvents(options_.poll_interval)) {
        Note(std::visit([this](auto& known) { return Handle(known); }, event));
      }
    }
    Note(seams_.recorder.OnRunEnded(*outcome_));
    seams_.events.OnEvent(RunFinishedEvent{*outcome_});
    if (failure_) {
      return *std::move(failure_);
    }
    return *std::move(outcome_);
  }

 private:
  struct RunningAttempt {
    std::string step;
    TaskKind kind = TaskKind::kStep;
    int pid = 0;
  };

  // The first failure of the recorder ends the run; its attempts are still waited for.
  void Note(Status status) {
    if (status || failure_) {
      return;
    }
    failure_ = status.error();
    Conclude({.status = RunStatus::kFailed,
              .message = "the run cannot be recorded: " + failure_->message});
  }

  // The first outcome counts; nothing new is launched, and what runs is ended.
  void Conclude(RunOutcome outcome, CancelUrgency urgency = CancelUrgency::kGraceful) {
    if (!outcome_) {
      outcome_ = std::move(outcome);
    }
    ready_.clear();
    for (const auto& [id, attempt] : running_) {
      seams_.executor.Cancel(id, urgency);
    }
  }

  void CheckStopRequest() {
    const StopRequest request = seams_.stop.Requested();
    if (request == stop_ || request == StopRequest::kNone) {
      return;
    }
    stop_ = request;
    const CancelUrgency urgency =
        request == StopRequest::kImmediate ? CancelUrgency::kImmediate : CancelUrgency::kGraceful;
    seams_.events.OnEvent(RunStoppingEvent{urgency});
    Conclude({.status = RunStatus::kInterrupted, .message = "the run was interrupted"}, urgency);
  }

  void LaunchReady() {
    while (!ready_.empty() && running_.size() < static_cast<std::size_t>(options_.max_workers)) {
      const TaskSpec task = std::move(ready_.front());
      ready_.pop_front();
      running_.emplace(task.id, RunningAttempt{.step = task.step, .kind = task.kind});
      seams_.executor.Launch(task);
    }
  }

  // `cause`: the attempt whose end asks for the actions; nothing at the start of the run.
  Status Perform(std::vector<Action> actions, const AttemptResult* cause) {
    for (Action& action : actions) {
      FLOWSTONE_TRY(std::visit(
          Overloaded{[this](LaunchTask& launch) { return Perform(launch); },
                     [this](CloneTask& clone) { return Perform(clone); },
                     [this, cause](const YieldForeach& yield) { return Perform(yield, cause); },
                     [this](FinishRun& finish) {
                       Conclude(std::move(finish.outcome));
                       return Ok();
                     }},
          action));
    }
    return Ok();
  }

  Status Perform(LaunchTask& launch) {
    if (launch.task.id.attempt == 0) {
      FLOWSTONE_TRY(seams_.recorder.OnTaskCreated(launch.task));
    }
    ready_.push_back(std::move(launch.task));
    return Ok();
  }

  Status Perform(const CloneTask& clone) {
    FLOWSTONE_TRY(seams_.recorder.OnTaskCloned(clone));
    seams_.events.OnEvent(TaskClonedEvent{
        .step = clone.task.step, .task = clone.task.id.task, .origin_task = clone.origin_task});
    return Ok();
  }

  Status Perform(const YieldForeach& yield, const AttemptResult* cause) {
    const bool from_attempt = cause != nullptr && cause->id.task == yield.task;
    seams_.events.OnEvent(ForeachYieldedEvent{.step = yield.step,
                                              .task = yield.task,
                                              .pid = from_attempt ? cause->pid : 0,
                                              .num_splits = yield.num_splits});
    return Ok();
  }

  Status Handle(const AttemptStarted& started) {
    RunningAttempt& attempt = running_.at(started.id);
    attempt.pid = started.pid;
    seams_.events.OnEvent(TaskStartedEvent{
        .step = attempt.step, .id = started.id, .kind = attempt.kind, .pid = started.pid});
    return Ok();
  }

  Status Handle(AttemptOutput& output) {
    const RunningAttempt& attempt = running_.at(output.id);
    FLOWSTONE_TRY(seams_.recorder.OnOutput(attempt.step, output));
    seams_.events.OnEvent(TaskOutputEvent{.step = attempt.step,
                                          .id = output.id,
                                          .pid = attempt.pid,
                                          .stream = output.stream,
                                          .text = std::move(output.text)});
    return Ok();
  }

  Status Handle(const AttemptEnded& ended) {
    const AttemptResult& result = ended.result;
    running_.erase(result.id);
    FLOWSTONE_TRY(seams_.recorder.OnAttemptEnded(result));
    // Once the run is over, only the scheduler's silence is left to hear.
    std::vector<Action> actions =
        outcome_ ? std::vector<Action>() : scheduler_.OnAttemptEnded(result);
    if (result.ok()) {
      seams_.events.OnEvent(TaskSucceededEvent{
          .step = result.step, .id = result.id, .pid = result.pid, .caught = result.caught});
    } else {
      seams_.events.OnEvent(TaskFailedEvent{.step = result.step,
                                            .id = result.id,
                                            .pid = result.pid,
                                            .failure = *result.failure,
                                            .exception = result.exception,
                                            .then = AfterFailureOf(result.id, actions)});
    }
    return Perform(std::move(actions), &result);
  }

  static AfterFailure AfterFailureOf(AttemptId id, const std::vector<Action>& actions) {
    for (const Action& action : actions) {
      const auto* const launch = std::get_if<LaunchTask>(&action);
      if (launch != nullptr && launch->task.id.task == id.task) {
        return launch->task.kind == TaskKind::kFallback ? AfterFailure::kFallback
                                                        : AfterFailure::kRetry;
      }
    }
    return AfterFailure::kGiveUp;
  }

  Scheduler& scheduler_;
  RunLoopSeams seams_;
  RunLoopOptions options_;
  std::deque<TaskSpec> ready_;
  std::map<AttemptId, RunningAttempt> running_;
  std::optional<RunOutcome> outcome_;
  std::optional<Error> failure_;  // of the recorder
  StopRequest stop_ = StopRequest::kNone;
};

}  // namespace

Result<RunOutcome> RunFlow(Scheduler& scheduler, const RunLoopSeams& seams,
                           const RunLoopOptions& options) {
  return RunLoop(scheduler, seams, options).Run();
}

}  // namespace flowstone::flow
