// The executor with the Python worker of this repository: what a flow's tasks see and say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/exec/testing/local_executor_fixture.h"
#include "flowstone/flow/run_loop.h"
#include "flowstone/flow/testing/flow_builder.h"
#include "flowstone/flow/testing/recording_sinks.h"

namespace flowstone::exec {
namespace {

using flow::AttemptResult;
using flow::FailureReason;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using testing::LocalExecutorFixture;

constexpr std::string_view kFlow = R"PYTHON(
import os, signal, sys
from flowstone import FlowSpec, Parameter, step

print("imported once")

class TestFlow(FlowSpec):
    alpha = Parameter("alpha", type=int, default=3)

    @step
    def start(self):
        self.numbers = list(range(5))
        self.large = "x" * 1_000_000
        print("alpha is", self.alpha)
        self.next(self.fan, foreach="numbers")

    @step
    def fan(self):
        self.square = self.input ** 2
        assert len(self.large) == 1_000_000
        self.next(self.gather)

    @step
    def gather(self, inputs):
        self.total = sum(inp.square for inp in inputs)
        print("total", self.total, [inp.index for inp in inputs])
        self.next(self.end)

    @step
    def end(self):
        pass

    @step
    def raises(self):
        raise ValueError("no such thing")

    @step
    def leaves(self):
        os._exit(7)

    @step
    def killed(self):
        os.kill(os.getpid(), signal.SIGSEGV)

if __name__ == "__main__":
    TestFlow()
)PYTHON";

// One step of the description, as the SDK would give it.
std::string StepJson(const std::string& name, const std::string& arguments,
                     const std::string& transition) {
  return R"({"name": ")" + name + R"(", "doc": "", "line": 1, "file": "flow.py", "arguments": )" +
         arguments + R"(, "decorators": [], "transition": )" + transition +
         R"(, "transition_line": null})";
}

std::string StepsJson() {
  const std::string to_end = R"({"kind": "linear", "next": ["end"]})";
  std::string json =
      "[" +
      StepJson("start", "[]", R"({"kind": "foreach", "next": ["fan"], "variable": "numbers"})");
  json += "," + StepJson("fan", "[]", R"({"kind": "linear", "next": ["gather"]})");
  json += "," + StepJson("gather", R"(["inputs"])", to_end);
  json += "," + StepJson("end", "[]", R"({"kind": "none"})");
  for (const char* step : {"raises", "leaves", "killed"}) {
    json += "," + StepJson(step, "[]", to_end);
  }
  return json + "]";
}

class RealWorkerTest : public ::testing::TestWithParam<ProcessMode> {
 protected:
  RealWorkerTest() {
    fixture_.WriteFile("flow.py", kFlow);
    RunContext& run = fixture_.options().run;
    run.sdk_root = std::string(FLOWSTONE_SOURCE_DIR) + "/python";
    run.steps_json = StepsJson();
    run.parameter_values = {{"alpha", "42"}};
    run.user = "ada";
    fixture_.options().mode = GetParam();
    for (const char* step :
         {"_parameters", "start", "fan", "gather", "end", "raises", "leaves", "killed"}) {
      fixture_.options().environments[step] = fixture_.environment();
    }
  }

  LocalExecutorFixture::Outcome Run(const flow::TaskSpec& task) {
    fixture_.executor().Launch(task);
    return LocalExecutorFixture::Collect(flow::testing::EventsUntilEnded(fixture_.executor(), 1),
                                         task.id);
  }

  flow::SharedArtifacts Parameters() {
    flow::TaskSpec task = flow::testing::ContractTask("_parameters", 0);
    task.kind = flow::TaskKind::kParameters;
    const auto outcome = Run(task);
    EXPECT_TRUE(outcome.result.ok()) << outcome.result.failure->message << outcome.errors;
    return std::make_shared<const flow::ArtifactMap>(outcome.result.artifacts);
  }

  static flow::TaskInput Input(const std::string& step, std::uint64_t task,
                               const AttemptResult& result) {
    return {.step = step,
            .task = flow::TaskId{task},
            .artifacts = std::make_shared<const flow::ArtifactMap>(result.artifacts)};
  }

  LocalExecutorFixture fixture_;
};

TEST_P(RealWorkerTest, PassesDataThroughAForeach) {
  const flow::SharedArtifacts parameters = Parameters();
  flow::TaskSpec start = flow::testing::ContractTask("start", 1);
  start.parameters = parameters;
  start.inputs = {Input("_parameters", 0, {.artifacts = *parameters})};
  const auto started = Run(start);
  ASSERT_TRUE(started.result.ok()) << started.errors;
  EXPECT_THAT(started.output, HasSubstr("alpha is 42\n"));
  ASSERT_TRUE(started.result.transition && started.result.transition->foreach);
  EXPECT_EQ(started.result.transition->foreach->num_splits, 5U);

  flow::TaskSpec gather = flow::testing::ContractTask("gather", 7);
  gather.parameters = parameters;
  gather.join = flow::JoinKind::kForeach;
  for (std::uint64_t index = 0; index < 5; ++index) {
    flow::TaskSpec fan = flow::testing::ContractTask("fan", 2 + index);
    fan.parameters = parameters;
    fan.inputs = {Input("start", 1, started.result)};
    fan.foreach_stack = {
        {.step = "start", .variable = "numbers", .num_splits = 5, .index = index, .value = ""}};
    const auto outcome = Run(fan);
    ASSERT_TRUE(outcome.result.ok()) << outcome.result.failure->message << outcome.errors;
    EXPECT_EQ(outcome.result.artifacts.at("large"), started.result.artifacts.at("large"));
    gather.inputs.push_back(Input("fan", 2 + index, outcome.result));
    gather.inputs.back().foreach_stack = fan.foreach_stack;
  }
  const auto gathered = Run(gather);
  ASSERT_TRUE(gathered.result.ok()) << gathered.errors;
  EXPECT_THAT(gathered.output, HasSubstr("total 30 [0, 1, 2, 3, 4]\n"));
  EXPECT_THAT(gathered.result.artifacts, Contains(Key("total")));
}

class NeverStops final : public flow::StopSignal {
 public:
  flow::StopRequest Requested() override { return flow::StopRequest::kNone; }
};

TEST_P(RealWorkerTest, RunsAFlowFromStartToEnd) {
  const flow::Graph graph = flow::BuildGraph(flow::testing::FlowBuilder()
                                                 .Foreach("start", "fan", "numbers")
                                                 .Linear("fan", "gather")
                                                 .Join("gather", "end")
                                                 .End()
                                                 .flow());
  flow::Scheduler scheduler(graph, {});
  flow::testing::RecordingEventSink events;
  flow::testing::RecordingRunRecorder recorder;
  NeverStops stop;
  const Result<flow::RunOutcome> outcome = flow::RunFlow(
      scheduler,
      {.executor = fixture_.executor(), .events = events, .recorder = recorder, .stop = stop},
      {.max_workers = 4});
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->status, flow::RunStatus::kSucceeded) << outcome->message;
  EXPECT_THAT(events.lines(), Contains("stdout gather/7.0: total 30 [0, 1, 2, 3, 4]\n"));
  EXPECT_EQ(events.lines().back(), "run succeeded");
}

TEST_P(RealWorkerTest, TypesTheFailuresOfUserCode) {
  const flow::SharedArtifacts parameters = Parameters();
  std::uint64_t number = 1;
  for (const auto& [step, reason] :
       {std::pair("raises", FailureReason::kUser), std::pair("leaves", FailureReason::kExit),
        std::pair("killed", FailureReason::kSignal)}) {
    flow::TaskSpec task = flow::testing::ContractTask(step, number++);
    task.parameters = parameters;
    task.inputs = {Input("_parameters", 0, {.artifacts = *parameters})};
    const AttemptResult result = Run(task).result;
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.failure->reason, reason) << result.failure->message;
    if (reason == FailureReason::kUser) {
      EXPECT_THAT(result.failure->message, HasSubstr("ValueError: no such thing"));
      ASSERT_TRUE(result.exception.has_value());
      EXPECT_THAT(result.exception->traceback, HasSubstr("in raises"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, RealWorkerTest,
                         ::testing::Values(ProcessMode::kFork, ProcessMode::kFresh),
                         [](const auto& mode) {
                           return mode.param == ProcessMode::kFork ? "Fork" : "Fresh";
                         });

}  // namespace
}  // namespace flowstone::exec
