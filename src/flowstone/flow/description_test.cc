#include "flowstone/flow/description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "flowstone/flow/retry_policy.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::flow {
namespace {

using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHello = R"({"version": 1,
 "sdk": {"version": "0.1.0", "root": "/opt/flowstone/python", "compat_root": null},
 "python": {"executable": "/usr/bin/python3.11", "version": "3.11.2", "implementation": "CPython"},
 "flow": {"name": "HelloFlow", "file": "/home/ada/hello.py", "script": "hello.py",
          "module": "pkg.hello", "line": 4, "doc": ""},
 "parameters": [{"name": "alpha", "variable": "alpha", "kind": "float", "required": false,
                 "has_default": true, "default": 0.1, "default_is_function": false,
                 "help": "learning rate", "separator": null, "is_text": true, "encoding": null, "line": 5}],
 "decorators": [],
 "steps": [{"name": "start", "doc": "", "line": 8, "file": "/home/ada/hello.py", "arguments": [],
            "decorators": [{"name": "pypi", "attributes": {"packages": {"pandas": "2.2.3"}},
                            "line": 7, "inserted_by": null}],
            "transition": {"kind": "switch", "condition": "size",
                           "cases": {"small": "end", "large": "train", "huge": "train"}},
            "transition_line": 10},
           {"name": "train", "doc": "", "line": 13, "file": "/home/ada/hello.py", "arguments": [],
            "decorators": [], "transition": {"kind": "linear", "next": ["end"]}, "transition_line": 14},
           {"name": "end", "doc": "", "line": 16, "file": "/home/ada/hello.py", "arguments": [],
            "decorators": [], "transition": {"kind": "none"}, "transition_line": null}],
 "configuration": {"package_suffixes": [".sql"], "package_include": [{"path": "/data", "name": "data"}]}})";

std::string Replaced(std::string_view from, std::string_view to) {
  std::string text(kHello);
  const std::size_t position = text.find(from);
  EXPECT_NE(position, std::string::npos) << from;
  return text.replace(position, from.size(), to);
}

TEST(FlowDescription, KeepsEveryField) {
  const Result<FlowDescription> flow = ParseFlowDescription(kHello);
  ASSERT_THAT(flow, IsOk());
  EXPECT_EQ(flow->name, "HelloFlow");
  EXPECT_EQ(flow->module, "pkg.hello");
  EXPECT_EQ(flow->sdk.compat_root, std::nullopt);
  EXPECT_EQ(flow->python.version, "3.11.2");
  ASSERT_EQ(flow->parameters.size(), 1U);
  EXPECT_EQ(flow->parameters[0].kind, ParameterKind::kFloat);
  EXPECT_EQ(flow->parameters[0].default_json, "0.1");
  ASSERT_EQ(flow->steps.size(), 3U);
  EXPECT_EQ(FindDecorator(flow->steps[0], "pypi")->attributes_json,
            R"({"packages":{"pandas":"2.2.3"}})");
  EXPECT_EQ(flow->steps[2].transition.kind, TransitionKind::kNone);
  EXPECT_THAT(flow->package_suffixes, ElementsAre(".sql"));
  EXPECT_EQ(flow->package_include[0].name, "data");
  EXPECT_THAT(flow->steps_json, HasSubstr(R"("transition_line":14)"));
}

TEST(FlowDescription, OfAScriptHasNoModule) {
  const Result<FlowDescription> flow =
      ParseFlowDescription(Replaced(R"("module": "pkg.hello")", R"("module": null)"));
  ASSERT_THAT(flow, IsOk());
  EXPECT_EQ(flow->module, std::nullopt);
}

TEST(FlowDescription, SwitchTargetsAreInTheOrderOfTheCases) {
  const Result<FlowDescription> flow = ParseFlowDescription(kHello);
  ASSERT_THAT(flow, IsOk());
  const StaticTransition& transition = flow->steps[0].transition;
  EXPECT_THAT(transition.next, ElementsAre("end", "train"));
  EXPECT_EQ(transition.cases[1].value, "large");
  EXPECT_EQ(transition.line, 10);
}

TEST(FlowDescription, NamesThePathOfAWrongField) {
  EXPECT_THAT(ParseFlowDescription(Replaced(R"("next": ["end"])", R"("next": [3])")),
              HasMessage(HasSubstr("steps[1].transition.next[0]: expected a string")));
  EXPECT_THAT(ParseFlowDescription(Replaced(R"("kind": "float")", R"("kind": "number")")),
              HasMessage(HasSubstr("parameters[0].kind: unknown value 'number'")));
  EXPECT_THAT(ParseFlowDescription(Replaced(R"("large": "train")", R"("large": null)")),
              HasMessage(HasSubstr("steps[0].transition.cases.large: expected a string")));
  EXPECT_THAT(ParseFlowDescription(Replaced(R"("root": "/opt/flowstone/python",)", "")),
              HasMessage(HasSubstr("sdk.root: expected a string")));
}

TEST(FlowDescription, RefusesAnotherVersion) {
  EXPECT_THAT(ParseFlowDescription(Replaced(R"("version": 1)", R"("version": 2)")),
              HasMessage(HasSubstr("reads version 1 of the flow description, not 2")));
}

TEST(FlowDescription, RefusesTwoStepsOfOneName) {
  EXPECT_THAT(ParseFlowDescription(Replaced(R"("name": "train")", R"("name": "end")")),
              HasMessage(HasSubstr("steps[2].name: there is another step 'end'")));
}

TEST(FlowDescription, RefusesATargetCountThatDoesNotFitTheKind) {
  EXPECT_THAT(ParseFlowDescription(Replaced(R"(["end"])", R"(["end", "start"])")),
              HasMessage(HasSubstr("steps[1].transition.next: expected one step name")));
}

TEST(FlowDescription, RefusesTextThatIsNoJson) {
  EXPECT_THAT(ParseFlowDescription("{\"version\": 1"), HasMessage(HasSubstr("no valid JSON")));
  EXPECT_THAT(ParseFlowDescription("[]"), HasMessage(HasSubstr("expected a JSON object")));
}

StepDescription StepWith(std::vector<DecoratorDescription> decorators) {
  StepDescription step;
  step.name = "train";
  step.decorators = std::move(decorators);
  return step;
}

TEST(RetryPolicy, ComesFromRetryAndCatch) {
  EXPECT_THAT(RetryPolicyOf(StepWith({})), IsOkAndHolds(RetryPolicy{}));
  EXPECT_THAT(RetryPolicyOf(StepWith({{.name = "retry"}})),
              IsOkAndHolds(RetryPolicy{.user_code_retries = 3}));
  EXPECT_THAT(RetryPolicyOf(StepWith({{.name = "retry", .attributes_json = R"({"times": "2"})"}})),
              IsOkAndHolds(RetryPolicy{.user_code_retries = 2}));
  EXPECT_THAT(RetryPolicyOf(StepWith({{.name = "catch"}})),
              IsOkAndHolds(RetryPolicy{.error_retries = 3}));
}

TEST(RetryPolicy, NeverExceedsTheAttemptsOfATask) {
  EXPECT_THAT(RetryPolicyOf(StepWith(
                  {{.name = "catch"}, {.name = "retry", .attributes_json = R"({"times": 4})"}})),
              IsOkAndHolds(RetryPolicy{.user_code_retries = 4, .error_retries = 1}));
}

TEST(RetryPolicy, RefusesWhatIsNoCount) {
  EXPECT_THAT(
      RetryPolicyOf(StepWith({{.name = "retry", .attributes_json = R"({"times": "many"})"}})),
      HasMessage(HasSubstr("@retry takes times from 0 to 4, not \"many\"")));
}

}  // namespace
}  // namespace flowstone::flow
