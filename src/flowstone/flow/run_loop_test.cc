#include "flowstone/flow/run_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/flow/testing/fake_executor.h"
#include "flowstone/flow/testing/flow_builder.h"
#include "flowstone/flow/testing/recording_sinks.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::flow {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::IsOk;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Fails;
using testing::FakeAttempt;
using testing::FakeExecutor;
using testing::FlowBuilder;
using testing::FollowsGraph;
using ::testing::IsSubsetOf;
using testing::RecordingEventSink;
using testing::RecordingRunRecorder;

// Answers from a script: one request for each question, then the last one for ever.
class ScriptedStop final : public StopSignal {
 public:
  explicit ScriptedStop(std::vector<StopRequest> script) : script_(std::move(script)) {}
  StopRequest Requested() override {
    const std::size_t position = asked_ < script_.size() ? asked_++ : script_.size() - 1;
    return script_[position];
  }

 private:
  std::vector<StopRequest> script_;
  std::size_t asked_ = 0;
};

class RunLoopTest : public ::testing::Test {
 protected:
  Result<RunOutcome> Run(const FlowBuilder& flow, const FakeExecutor::Behaviour& behaviour) {
    const Graph graph = BuildGraph(flow.flow());
    executor_.emplace([&](const TaskSpec& task) { return behaviour(task); });
    ScriptedStop stop(stop_script_);
    Scheduler scheduler(graph, scheduler_options_);
    return RunFlow(scheduler,
                   {.executor = *executor_, .events = events_, .recorder = recorder_, .stop = stop},
                   {.max_workers = max_workers_});
  }
  Result<RunOutcome> Run(const FlowBuilder& flow) {
    const Graph graph = BuildGraph(flow.flow());
    return Run(flow, [&](const TaskSpec& task) { return FollowsGraph(graph, task, splits_); });
  }

  std::optional<FakeExecutor> executor_;
  RecordingEventSink events_;
  RecordingRunRecorder recorder_;
  SchedulerOptions scheduler_options_;
  std::vector<StopRequest> stop_script_ = {StopRequest::kNone};
  int max_workers_ = 16;
  std::uint64_t splits_ = 2;
};

FlowBuilder LinearFlow() {
  return FlowBuilder().Linear("start", "end").End();
}

FlowBuilder ForeachFlow() {
  return FlowBuilder().Foreach("start", "body").Linear("body", "join").Join("join", "end").End();
}

TEST_F(RunLoopTest, TellsTheStoryOfARun) {
  ASSERT_THAT(Run(LinearFlow()), IsOk());
  EXPECT_THAT(events_.lines(),
              ElementsAre("run started", "started _parameters/0.0", "succeeded _parameters/0.0",
                          "started start/1.0", "succeeded start/1.0", "started end/2.0",
                          "succeeded end/2.0", "run succeeded"));
}

TEST_F(RunLoopTest, RecordsATaskBeforeItRunsAndAnAttemptWhenItEnded) {
  const FlowBuilder flow = LinearFlow();
  const Graph graph = BuildGraph(flow.flow());
  ASSERT_THAT(Run(flow,
                  [&](const TaskSpec& task) {
                    FakeAttempt attempt = FollowsGraph(graph, task);
                    if (task.step == "end") {
                      attempt.output = {{OutputStream::kStdout, "hello\n"}};
                    }
                    return attempt;
                  }),
              IsOk());
  EXPECT_THAT(recorder_.lines(),
              ElementsAre("created _parameters/0", "ended _parameters/0.0", "created start/1",
                          "ended start/1.0", "created end/2", "output end/2.0: hello\n",
                          "ended end/2.0", "run ended"));
  EXPECT_THAT(events_.lines(), Contains("stdout end/2.0: hello\n"));
}

TEST_F(RunLoopTest, RunsAWideForeach) {
  splits_ = 100;
  const Result<RunOutcome> outcome = Run(ForeachFlow());
  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->status, RunStatus::kSucceeded);
  EXPECT_EQ(executor_->launched().size(), 104U);
  EXPECT_THAT(events_.lines(), Contains("foreach start/1 yields 100"));
}

TEST_F(RunLoopTest, KeepsToTheNumberOfWorkers) {
  splits_ = 50;
  max_workers_ = 3;
  ASSERT_THAT(Run(ForeachFlow()), IsOk());
  EXPECT_EQ(executor_->most_running(), 3U);
}

TEST_F(RunLoopTest, SaysThatAFailedTaskIsRetried) {
  scheduler_options_.retries = {{"start", {.user_code_retries = 1, .error_retries = 1}}};
  const FlowBuilder flow = LinearFlow();
  const Graph graph = BuildGraph(flow.flow());
  ASSERT_THAT(Run(flow,
                  [&](const TaskSpec& task) {
                    return task.step == "start" && task.id.attempt < 2
                               ? Fails(FailureReason::kUser, "boom")
                               : FollowsGraph(graph, task);
                  }),
              IsOk());
  EXPECT_THAT((std::vector<std::string>{"failed start/1.0 user: boom (retry)", "started start/1.1",
                                        "failed start/1.1 user: boom (fallback)",
                                        "started start/1.2 (fallback)", "succeeded start/1.2",
                                        "run succeeded"}),
              IsSubsetOf(events_.lines()));
}

TEST_F(RunLoopTest, FailureCancelsWhatStillRuns) {
  const FlowBuilder flow = ForeachFlow();
  const Graph graph = BuildGraph(flow.flow());
  splits_ = 5;
  max_workers_ = 3;
  const Result<RunOutcome> outcome = Run(flow, [&](const TaskSpec& task) {
    if (task.step != "body") {
      return FollowsGraph(graph, task, 5);
    }
    if (task.foreach_stack[0].index == 1) {
      return Fails(FailureReason::kUser, "boom");
    }
    return FakeAttempt{.hangs = true};
  });
  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->failed_task, "body/3");
  EXPECT_EQ(executor_->cancelled().size(), 2U);
  EXPECT_EQ(executor_->running(), 0U);
  EXPECT_EQ(executor_->launched().size(), 2U + 3);
  EXPECT_THAT(recorder_.lines(), Contains("ended body/4.0 cancelled"));
}

TEST_F(RunLoopTest, InterruptEndsTheRunGracefullyThenAtOnce) {
  stop_script_ = {StopRequest::kNone, StopRequest::kNone, StopRequest::kGraceful};
  const Result<RunOutcome> outcome = Run(LinearFlow(), [](const TaskSpec& task) {
    return task.step == "start" ? FakeAttempt{.hangs = true} : testing::Succeeds({});
  });
  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->status, RunStatus::kInterrupted);
  EXPECT_EQ(executor_->cancelled()[0].second, CancelUrgency::kGraceful);
  EXPECT_THAT(recorder_.lines(), Contains("run ended"));
  EXPECT_EQ(events_.lines().back(), "run interrupted");
}

TEST_F(RunLoopTest, SecondInterruptKills) {
  stop_script_ = {StopRequest::kImmediate};
  ASSERT_THAT(Run(LinearFlow(), [](const TaskSpec&) { return FakeAttempt{.hangs = true}; }),
              IsOk());
  EXPECT_TRUE(executor_->launched().empty());
}

TEST_F(RunLoopTest, RunThatCannotBeRecordedEnds) {
  recorder_.FailAt("ended start");
  EXPECT_THAT(Run(LinearFlow()), HasCode(ErrorCode::kIo));
  EXPECT_THAT(recorder_.lines(), Contains("run ended"));
}

}  // namespace
}  // namespace flowstone::flow
