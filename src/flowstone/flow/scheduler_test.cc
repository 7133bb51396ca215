#include "flowstone/flow/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/flow/testing/fake_executor.h"
#include "flowstone/flow/testing/flow_builder.h"

namespace flowstone::flow {
namespace {

using ::testing::ElementsAre;
using testing::Fails;
using testing::FakeAttempt;
using testing::FlowBuilder;
using testing::FollowsGraph;
using ::testing::HasSubstr;
using testing::Succeeds;

// Plays a whole run against a scheduler, oldest launch first.
class Play {
 public:
  using Behaviour = std::function<FakeAttempt(const TaskSpec&)>;

  explicit Play(const FlowBuilder& builder, SchedulerOptions options = {})
      : graph_(BuildGraph(builder.flow())), scheduler_(graph_, std::move(options)) {}

  Play& Run(const Behaviour& behaviour) {
    Take(scheduler_.Start());
    while (!launched_.empty() && !scheduler_.finished()) {
      const TaskSpec task = launched_.front();
      launched_.pop_front();
      AttemptResult result = behaviour(task).result;
      result.id = task.id;
      result.step = task.step;
      Take(scheduler_.OnAttemptEnded(result));
    }
    return *this;
  }
  Play& Run() {
    return Run([this](const TaskSpec& task) { return FollowsGraph(graph_, task); });
  }

  const Graph& graph() const { return graph_; }
  const std::vector<TaskSpec>& tasks() const { return tasks_; }
  const std::vector<CloneTask>& clones() const { return clones_; }
  const std::optional<RunOutcome>& outcome() const { return outcome_; }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    names.reserve(tasks_.size());
    for (const TaskSpec& task : tasks_) {
      names.push_back(TaskName(task.step, task.id.task));
    }
    return names;
  }
  // The newest attempt of the n-th task of a step.
  const TaskSpec& Task(const std::string& step, std::size_t position = 0) const {
    for (const TaskSpec& task : tasks_) {
      if (task.step == step && position-- == 0) {
        return task;
      }
    }
    throw InternalError("no such task");
  }

 private:
  void Take(std::vector<Action> actions) {
    for (Action& action : actions) {
      if (auto* const launch = std::get_if<LaunchTask>(&action)) {
        launched_.push_back(launch->task);
        tasks_.push_back(std::move(launch->task));
      } else if (auto* const clone = std::get_if<CloneTask>(&action)) {
        clones_.push_back(std::move(*clone));
      } else if (auto* const finish = std::get_if<FinishRun>(&action)) {
        outcome_ = finish->outcome;
      }
    }
  }

  Graph graph_;
  Scheduler scheduler_;
  std::deque<TaskSpec> launched_;
  std::vector<TaskSpec> tasks_;
  std::vector<CloneTask> clones_;
  std::optional<RunOutcome> outcome_;
};

FlowBuilder ThreeStepFlow() {
  return FlowBuilder().Linear("start", "middle").Linear("middle", "end").End();
}

FlowBuilder BranchFlow() {
  return FlowBuilder()
      .Split("start", {"a", "b"})
      .Linear("a", "join")
      .Linear("b", "join")
      .Join("join", "end")
      .End();
}

FlowBuilder OneForeachFlow() {
  return FlowBuilder().Foreach("start", "body").Linear("body", "join").Join("join", "end").End();
}

std::vector<std::string> InputsOf(const TaskSpec& task) {
  std::vector<std::string> names;
  names.reserve(task.inputs.size());
  for (const TaskInput& input : task.inputs) {
    names.push_back(TaskName(input.step, input.task));
  }
  return names;
}

TEST(Scheduler, RunsALinearFlowInOrder) {
  Play play(ThreeStepFlow());
  play.Run();
  EXPECT_THAT(play.Names(), ElementsAre("_parameters/0", "start/1", "middle/2", "end/3"));
  EXPECT_EQ(play.outcome(), RunOutcome{.status = RunStatus::kSucceeded});
}

TEST(Scheduler, GivesEachTaskTheArtifactsOfItsParent) {
  Play play(ThreeStepFlow());
  const ArtifactReference data{.sha256 = Digest::Of("x"), .size = 1};
  play.Run([&](const TaskSpec& task) {
    FakeAttempt attempt = FollowsGraph(play.graph(), task);
    attempt.result.artifacts = {{"of_" + task.step, data}};
    return attempt;
  });
  const TaskSpec& middle = play.Task("middle");
  EXPECT_EQ(*middle.parameters, (ArtifactMap{{"of__parameters", data}}));
  ASSERT_THAT(InputsOf(middle), ElementsAre("start/1"));
  EXPECT_EQ(*middle.inputs[0].artifacts, (ArtifactMap{{"of_start", data}}));
}

TEST(Scheduler, JoinsBranchesInTheOrderWritten) {
  Play play(BranchFlow());
  play.Run();
  EXPECT_EQ(play.Task("join").join, JoinKind::kStatic);
  EXPECT_THAT(InputsOf(play.Task("join")), ElementsAre("a/2", "b/3"));
}

TEST(Scheduler, JoinWaitsForTheLastBranch) {
  const Graph graph = BuildGraph(BranchFlow().flow());
  Scheduler scheduler(graph, {});
  const auto end = [&](std::uint64_t task, const std::string& step) {
    AttemptResult result = FollowsGraph(graph, {.step = step}).result;
    result.id.task.value = task;
    result.step = step;
    return scheduler.OnAttemptEnded(result);
  };
  scheduler.Start();
  end(0, "_parameters");
  EXPECT_EQ(end(1, "start").size(), 2U);
  EXPECT_TRUE(end(3, "b").empty());
  const std::vector<Action> actions = end(2, "a");
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(std::get<LaunchTask>(actions[0]).task.step, "join");
}

TEST(Scheduler, ForeachTasksKnowTheirIndexAndValue) {
  Play play(OneForeachFlow());
  play.Run([&](const TaskSpec& task) {
    FakeAttempt attempt = FollowsGraph(play.graph(), task, 3);
    if (attempt.result.transition && attempt.result.transition->foreach) {
      attempt.result.transition->foreach->values = {"'x'", "'y'"};
    }
    return attempt;
  });
  EXPECT_THAT(
      play.Task("body", 1).foreach_stack,
      ElementsAre(ForeachFrame{
          .step = "start", .variable = "items", .num_splits = 3, .index = 1, .value = "'y'"}));
  EXPECT_EQ(play.Task("body", 2).foreach_stack[0].value, "");
  EXPECT_EQ(play.Task("join").join, JoinKind::kForeach);
  EXPECT_EQ(play.Task("join").inputs.size(), 3U);
  EXPECT_TRUE(play.Task("join").foreach_stack.empty());
}

TEST(Scheduler, NestedForeachJoinsInsideOut) {
  Play play(FlowBuilder()
                .Foreach("start", "outer")
                .Foreach("outer", "inner")
                .Linear("inner", "inner_join")
                .Join("inner_join", "outer_join")
                .Join("outer_join", "end")
                .End());
  play.Run([&](const TaskSpec& task) { return FollowsGraph(play.graph(), task, 3); });
  EXPECT_EQ(play.outcome()->status, RunStatus::kSucceeded);
  EXPECT_EQ(play.tasks().size(), 2U + 3 + 9 + 3 + 1 + 1);
  const TaskSpec& inner_join = play.Task("inner_join", 1);
  EXPECT_EQ(inner_join.inputs.size(), 3U);
  ASSERT_EQ(inner_join.foreach_stack.size(), 1U);
  EXPECT_EQ(inner_join.foreach_stack[0].index, 1U);
  EXPECT_EQ(play.Task("inner", 5).foreach_stack[1].index, 2U);
}

TEST(Scheduler, SwitchRunsOnlyTheChosenStep) {
  Play play(FlowBuilder().Switch("start", {"a", "b"}).Linear("a", "end").Linear("b", "end").End());
  play.Run([&](const TaskSpec& task) {
    return task.step == "start" ? Succeeds({"b"}) : FollowsGraph(play.graph(), task);
  });
  EXPECT_THAT(play.Names(), ElementsAre("_parameters/0", "start/1", "b/2", "end/3"));
}

TEST(Scheduler, RecursiveSwitchCountsItsTurns) {
  Play play(FlowBuilder().Linear("start", "loop").Switch("loop", {"loop", "end"}).End());
  int turns = 0;
  play.Run([&](const TaskSpec& task) {
    if (task.step == "loop") {
      EXPECT_THAT(task.iteration_stack, ElementsAre(turns));
      return Succeeds({++turns < 3 ? "loop" : "end"});
    }
    EXPECT_TRUE(task.iteration_stack.empty());
    return FollowsGraph(play.graph(), task);
  });
  EXPECT_EQ(turns, 3);
  EXPECT_THAT(InputsOf(play.Task("end")), ElementsAre("loop/4"));
}

TEST(Scheduler, RetriesWithUserCodeAndThenLetsCatchRecordTheFailure) {
  Play play(ThreeStepFlow(),
            {.retries = {{"middle", {.user_code_retries = 1, .error_retries = 3}}}});
  std::vector<TaskSpec> attempts;
  play.Run([&](const TaskSpec& task) {
    if (task.step == "middle") {
      attempts.push_back(task);
      if (task.id.attempt < 2) {
        return Fails(FailureReason::kSignal, "killed");
      }
    }
    return FollowsGraph(play.graph(), task);
  });
  ASSERT_EQ(attempts.size(), 3U);
  EXPECT_EQ(attempts[1].kind, TaskKind::kStep);
  EXPECT_EQ(attempts[1].max_user_code_retries, 1);
  EXPECT_EQ(attempts[2].kind, TaskKind::kFallback);
  EXPECT_EQ(attempts[2].failure,
            (AttemptFailure{.reason = FailureReason::kSignal, .message = "killed"}));
  EXPECT_EQ(attempts[2].id, (AttemptId{.task = attempts[0].id.task, .attempt = 2}));
  EXPECT_EQ(play.outcome()->status, RunStatus::kSucceeded);
}

TEST(Scheduler, FirstTaskThatFailsForGoodEndsTheRun) {
  Play play(BranchFlow(), {.retries = {{"a", {.user_code_retries = 2}}}});
  play.Run([&](const TaskSpec& task) {
    return task.step == "a" ? Fails(FailureReason::kUser, "boom")
                            : FollowsGraph(play.graph(), task);
  });
  EXPECT_EQ(play.outcome(),
            (RunOutcome{.status = RunStatus::kFailed, .failed_task = "a/2", .message = "boom"}));
  EXPECT_EQ(play.Task("a", 2).id.attempt, 2);
}

TEST(Scheduler, CancelledAttemptIsNotRetried) {
  Play play(ThreeStepFlow(), {.retries = {{"start", {.user_code_retries = 4}}}});
  play.Run([](const TaskSpec& task) {
    return task.step == "start" ? Fails(FailureReason::kCancelled, "cancelled") : Succeeds({});
  });
  EXPECT_THAT(play.Names(), ElementsAre("_parameters/0", "start/1"));
}

TEST(Scheduler, RefusesAnEmptyForeach) {
  Play play(OneForeachFlow());
  play.Run([](const TaskSpec& task) {
    return task.step == "start" ? Succeeds({"body"}, 0) : Succeeds({});
  });
  EXPECT_EQ(play.outcome()->failed_task, "start/1");
  EXPECT_THAT(play.outcome()->message, HasSubstr("the list is empty"));
}

TEST(Scheduler, RefusesMoreSplitsThanAllowed) {
  Play play(OneForeachFlow(), {.max_num_splits = 5});
  play.Run([](const TaskSpec& task) {
    return task.step == "start" ? Succeeds({"body"}, 6) : Succeeds({});
  });
  EXPECT_THAT(play.outcome()->message, HasSubstr("yields 6 tasks, more than the 5 allowed by"));
}

TEST(Scheduler, RefusesATransitionThatTheSourceDoesNotShow) {
  Play play(ThreeStepFlow());
  play.Run(
      [](const TaskSpec& task) { return task.step == "start" ? Succeeds({"end"}) : Succeeds({}); });
  EXPECT_EQ(play.outcome()->message, "step 'start' went to end but its source says middle");
}

TEST(Scheduler, RefusesASwitchToAStepThatIsNoCase) {
  Play play(FlowBuilder().Switch("start", {"a", "b"}).Linear("a", "end").Linear("b", "end").End());
  play.Run(
      [](const TaskSpec& task) { return task.step == "start" ? Succeeds({"end"}) : Succeeds({}); });
  EXPECT_EQ(play.outcome()->status, RunStatus::kFailed);
}

TEST(Scheduler, WideForeachStaysLinear) {
  Play play(OneForeachFlow(), {.max_num_splits = 20000});
  play.Run([&](const TaskSpec& task) { return FollowsGraph(play.graph(), task, 20000); });
  EXPECT_EQ(play.Task("join").inputs.size(), 20000U);
}

// What a run leaves to resume from: all of its tasks but the failed one.
ResumePlan PlanFrom(const Play& origin, const Play::Behaviour& behaviour) {
  ResumePlan plan;
  for (const TaskSpec& task : origin.tasks()) {
    OriginTask done{.task = task.id.task.ToString()};
    for (const ForeachFrame& frame : task.foreach_stack) {
      done.foreach_indices.push_back(frame.index);
    }
    done.iteration_stack = task.iteration_stack;
    done.result = behaviour(task).result;
    done.result.step = task.step;
    if (done.result.ok()) {
      plan.tasks.push_back(std::move(done));
    }
  }
  return plan;
}

std::vector<std::string> CloneNames(const Play& play) {
  std::vector<std::string> names;
  for (const CloneTask& clone : play.clones()) {
    names.push_back(TaskName(clone.task.step, clone.task.id.task) + "<" + clone.origin_task);
  }
  return names;
}

TEST(Resume, ClonesWhatSucceededAndRunsTheRest) {
  Play origin(OneForeachFlow());
  const Play::Behaviour fails_once = [&](const TaskSpec& task) {
    const bool fails = task.step == "body" && task.foreach_stack[0].index == 1;
    return fails ? Fails(FailureReason::kUser, "boom") : FollowsGraph(origin.graph(), task);
  };
  origin.Run(fails_once);
  ASSERT_EQ(origin.outcome()->status, RunStatus::kFailed);

  Play resumed(OneForeachFlow(), {.resume = PlanFrom(origin, fails_once)});
  resumed.Run();
  EXPECT_THAT(CloneNames(resumed), ElementsAre("_parameters/0<0", "start/1<1", "body/2<2"));
  EXPECT_THAT(resumed.Names(), ElementsAre("body/3", "join/4", "end/5"));
  EXPECT_THAT(InputsOf(resumed.Task("join")), ElementsAre("body/2", "body/3"));
  EXPECT_EQ(resumed.outcome()->status, RunStatus::kSucceeded);
}

TEST(Resume, RunsTheNamedStepAndEverythingBehindItAgain) {
  Play origin(BranchFlow());
  const Play::Behaviour follows = [&](const TaskSpec& task) {
    return FollowsGraph(origin.graph(), task);
  };
  origin.Run(follows);
  ResumePlan plan = PlanFrom(origin, follows);
  plan.from_step = "b";
  Play resumed(BranchFlow(), {.resume = std::move(plan)});
  resumed.Run();
  EXPECT_THAT(CloneNames(resumed), ElementsAre("_parameters/0<0", "start/1<1", "a/2<2"));
  EXPECT_THAT(resumed.Names(), ElementsAre("b/3", "join/4", "end/5"));
}

TEST(Resume, RunsATaskAgainWhoseTransitionNoLongerFits) {
  Play origin(FlowBuilder().Linear("start", "end").End());
  const Play::Behaviour follows = [&](const TaskSpec& task) {
    return FollowsGraph(origin.graph(), task);
  };
  origin.Run(follows);
  Play resumed(ThreeStepFlow(), {.resume = PlanFrom(origin, follows)});
  resumed.Run();
  EXPECT_THAT(CloneNames(resumed), ElementsAre("_parameters/0<0", "end/3<2"));
  EXPECT_THAT(resumed.Names(), ElementsAre("start/1", "middle/2"));
}

TEST(Resume, ContinuesARecursiveSwitchWhereItStopped) {
  const FlowBuilder flow =
      FlowBuilder().Linear("start", "loop").Switch("loop", {"loop", "end"}).End();
  Play origin(flow);
  const Play::Behaviour fails_in_third_turn = [&](const TaskSpec& task) {
    if (task.step != "loop") {
      return FollowsGraph(origin.graph(), task);
    }
    return task.iteration_stack[0] == 2 ? Fails(FailureReason::kUser, "boom") : Succeeds({"loop"});
  };
  origin.Run(fails_in_third_turn);
  Play resumed(flow, {.resume = PlanFrom(origin, fails_in_third_turn)});
  resumed.Run([&](const TaskSpec& task) {
    return task.step == "loop" ? Succeeds({"end"}) : FollowsGraph(resumed.graph(), task);
  });
  EXPECT_EQ(resumed.clones().size(), 4U);
  EXPECT_THAT(resumed.Names(), ElementsAre("loop/4", "end/5"));
  EXPECT_THAT(resumed.Task("loop").iteration_stack, ElementsAre(2));
}

}  // namespace
}  // namespace flowstone::flow
