#include "flowstone/flow/graph_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/flow/testing/flow_builder.h"

namespace flowstone::flow {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FlowBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "step:line: message".
std::vector<std::string> FindingsOf(const FlowBuilder& builder) {
  std::vector<std::string> lines;
  for (const Finding& finding : CheckGraph(builder.flow(), BuildGraph(builder.flow()))) {
    lines.push_back(finding.step + ":" + std::to_string(finding.line) + ": " + finding.message);
  }
  return lines;
}

std::vector<std::string> HintsOf(const FlowBuilder& builder) {
  std::vector<std::string> hints;
  for (const Finding& finding : CheckGraph(builder.flow(), BuildGraph(builder.flow()))) {
    hints.push_back(finding.hint);
  }
  return hints;
}

TEST(GraphCheck, AcceptsSplitsForeachesSwitchesAndLoops) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Split("start", {"a", "b"})
                             .Foreach("a", "c")
                             .Switch("c", {"c", "d"})
                             .Linear("d", "inner")
                             .Join("inner", "outer")
                             .Linear("b", "outer")
                             .Join("outer", "end")
                             .End()),
              IsEmpty());
}

TEST(GraphCheck, NeedsStartAndEnd) {
  EXPECT_THAT(FindingsOf(FlowBuilder().Linear("begin", "begin2").Linear("begin2", "begin3")),
              AllOf(Contains(":1: flow 'TestFlow' has no step 'start'"),
                    Contains(":1: flow 'TestFlow' has no step 'end'")));
}

TEST(GraphCheck, SuggestsTheStepThatWasMeant) {
  const FlowBuilder flow = FlowBuilder().Linear("start", "tran").Linear("train", "end").End();
  EXPECT_THAT(FindingsOf(flow), Contains("start:12: self.next names 'tran', which is no step"));
  EXPECT_THAT(HintsOf(flow), Contains("did you mean 'train'?"));
}

TEST(GraphCheck, NamesTheStepsOfACycle) {
  EXPECT_THAT(
      FindingsOf(FlowBuilder().Linear("start", "a").Linear("a", "b").Linear("b", "a").End()),
      Contains("b:32: there is a cycle: a → b → a"));
}

TEST(GraphCheck, OnlyASwitchMayRepeatItself) {
  EXPECT_THAT(FindingsOf(FlowBuilder().Linear("start", "start").End()),
              Contains("start:12: the step transitions to itself"));
}

TEST(GraphCheck, SwitchNeedsAChoice) {
  EXPECT_THAT(FindingsOf(FlowBuilder().Switch("start", {"end"}).End()),
              ElementsAre("start:12: the switch needs at least two different steps"));
}

TEST(GraphCheck, FindsStepsThatNothingLeadsTo) {
  EXPECT_THAT(FindingsOf(FlowBuilder().Linear("start", "end").Linear("lost", "end").End()),
              ElementsAre("lost:20: no step leads here from start"));
}

TEST(GraphCheck, EveryStepButEndSaysWhatComesNext) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Add("start", {}, TransitionKind::kNone, {})
                             .Add("end", {}, TransitionKind::kLinear, {"start"})),
              AllOf(Contains("start:10: the last statement of the step is no self.next(…)"),
                    Contains("end:22: the end step calls self.next")));
}

TEST(GraphCheck, ReportsWhatTheSdkCouldNotUnderstand) {
  FlowDescription flow = FlowBuilder().Add("start", {}, TransitionKind::kInvalid, {}).End().flow();
  flow.steps[0].transition.message = "self.next has no arguments";
  const std::vector<Finding> findings = CheckGraph(flow, BuildGraph(flow));
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(ToString(findings[0]),
            "/flows/test_flow.py:12: step 'start': self.next has no arguments\n"
            "hint: self.next takes steps of the flow, as in self.next(self.train)");
}

TEST(GraphCheck, BranchesMeetOnlyInAJoin) {
  const FlowBuilder flow = FlowBuilder()
                               .Split("start", {"a", "b"})
                               .Linear("a", "merge")
                               .Linear("b", "merge")
                               .Linear("merge", "end")
                               .End();
  EXPECT_THAT(FindingsOf(flow),
              ElementsAre("merge:40: branches of the split at 'start' meet here: 'a' and 'b'"));
  EXPECT_THAT(HintsOf(flow),
              ElementsAre("make the step a join by adding an argument: def merge(self, inputs)"));
}

TEST(GraphCheck, JoinNeedsASplit) {
  EXPECT_THAT(FindingsOf(FlowBuilder().Linear("start", "j").Join("j", "end").End()),
              ElementsAre("j:20: the step takes inputs like a join, but no split comes before it"));
}

TEST(GraphCheck, JoinTakesEveryBranch) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Split("start", {"a", "b", "c"})
                             .Linear("a", "j")
                             .Linear("b", "j")
                             .Linear("c", "end")
                             .Join("j", "end")
                             .End()),
              Contains("j:50: the join closes the split at 'start' but its branch 'c' does not "
                       "lead here"));
}

TEST(GraphCheck, SplitIsJoinedBeforeTheEnd) {
  EXPECT_THAT(FindingsOf(FlowBuilder().Foreach("start", "a").Linear("a", "end").End()),
              ElementsAre("end:30: the flow ends before the split at 'start' is joined"));
}

TEST(GraphCheck, JoinDoesNotMixSplits) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Split("start", {"a", "b"})
                             .Foreach("a", "c")
                             .Linear("c", "j")
                             .Linear("b", "j")
                             .Join("j", "end")
                             .End()),
              ElementsAre("j:50: the join mixes steps of unrelated splits: 'c' and 'b'"));
}

TEST(GraphCheck, StepsInDifferentSplitsDoNotMeet) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Switch("start", {"a", "b"})
                             .Foreach("a", "c")
                             .Linear("c", "d")
                             .Linear("b", "d")
                             .Linear("d", "end")
                             .End()),
              ElementsAre("d:50: the steps that lead here are inside different splits: 'c' and "
                          "'b'"));
}

TEST(GraphCheck, ForeachDoesNotGoStraightToItsJoin) {
  EXPECT_THAT(FindingsOf(FlowBuilder().Foreach("start", "j").Join("j", "end").End()),
              ElementsAre("j:20: the split at 'start' goes straight to its join"));
}

TEST(GraphCheck, AlternativesMeetBeforeTheJoin) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Foreach("start", "pick")
                             .Switch("pick", {"a", "b"})
                             .Linear("a", "j")
                             .Linear("b", "j")
                             .Join("j", "end")
                             .End()),
              ElementsAre("j:50: the join is reached by alternatives of one branch: 'a' and 'b'"));
}

TEST(GraphCheck, SplitHasOneJoin) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Foreach("start", "pick")
                             .Switch("pick", {"a", "b"})
                             .Linear("a", "j")
                             .Linear("b", "k")
                             .Join("j", "end")
                             .Join("k", "end")
                             .End()),
              ElementsAre("k:60: the split at 'start' is joined here and in 'j'"));
}

TEST(GraphCheck, StepIsNotBothJoinAndSplit) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Split("start", {"a", "b"})
                             .Linear("a", "j")
                             .Linear("b", "j")
                             .Add("j", {"inputs"}, TransitionKind::kForeach, {"end"})
                             .End()),
              ElementsAre("j:42: the step is both a join and a split"));
}

TEST(GraphCheck, EndIsNoJoin) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Split("start", {"a", "b"})
                             .Linear("a", "end")
                             .Linear("b", "end")
                             .Add("end", {"inputs"}, TransitionKind::kNone, {})),
              ElementsAre("end:40: the step takes 'inputs' but cannot be a join"));
}

TEST(GraphCheck, RefusesReservedAndUnusualNames) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Linear("start", "next")
                             .Linear("next", "Train")
                             .Linear("Train", "end")
                             .End()),
              ElementsAre("next:20: the name is reserved",
                          "Train:30: a step name has lower-case letters, digits and underscores "
                          "only"));
}

TEST(GraphCheck, StepsTakeSelfAndAtMostInputs) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Split("start", {"a", "b"})
                             .Linear("a", "j")
                             .Linear("b", "j")
                             .Add("j", {"inputs", "more"}, TransitionKind::kLinear, {"end"})
                             .End()),
              ElementsAre("j:40: the step takes too many arguments"));
}

TEST(GraphCheck, DecoratorsOccurOnce) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Linear("start", "end")
                             .Decorate("pypi")
                             .Decorate("card")
                             .Decorate("card")
                             .Decorate("pypi")
                             .End()),
              ElementsAre("start:9: the step has @pypi twice"));
}

TEST(GraphCheck, RetryIsLimited) {
  EXPECT_THAT(
      FindingsOf(FlowBuilder().Linear("start", "end").Decorate("retry", R"({"times": 5})").End()),
      ElementsAre("start:9: @retry takes times from 0 to 4, not 5"));
}

TEST(GraphCheck, CatchNeedsAStepThatCanGoOn) {
  EXPECT_THAT(FindingsOf(FlowBuilder()
                             .Foreach("start", "a")
                             .Decorate("catch")
                             .Linear("a", "j")
                             .Join("j", "end")
                             .End()),
              ElementsAre("start:9: @catch cannot be used on a step that does a foreach"));
}

TEST(GraphCheck, ManyDiamondsCostNoPathEnumeration) {
  FlowBuilder flow;
  std::string last = "start";
  for (int i = 0; i < 2000; ++i) {
    const std::string n = std::to_string(i);
    flow.Split(last, {"a" + n, "b" + n}).Linear("a" + n, "j" + n).Linear("b" + n, "j" + n);
    flow.Join("j" + n, "s" + n);
    last = "s" + n;
  }
  flow.Linear(last, "end").End();
  EXPECT_THAT(FindingsOf(flow), IsEmpty());
}

TEST(Graph, KnowsTheNestingOfForeaches) {
  const FlowBuilder flow = FlowBuilder()
                               .Foreach("start", "outer")
                               .Foreach("outer", "inner")
                               .Linear("inner", "j")
                               .Join("j", "k")
                               .Join("k", "end")
                               .End();
  const Graph graph = BuildGraph(flow.flow());
  const Node& inner = graph.node(*graph.Find("inner"));
  EXPECT_THAT(inner.foreach_nesting, ElementsAre(*graph.Find("start"), *graph.Find("outer")));
  EXPECT_EQ(graph.node(*graph.Find("k")).matching_split, graph.Find("start"));
  EXPECT_EQ(graph.node(*graph.Find("outer")).matching_join, graph.Find("j"));
}

}  // namespace
}  // namespace flowstone::flow
