#include "flowstone/app/environment_wish.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::app {
namespace {

using flowstone::testing::HasMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

flow::DecoratorDescription Decorator(std::string name, std::string attributes) {
  return {.name = std::move(name), .attributes_json = std::move(attributes), .line = 3};
}

flow::FlowDescription FlowWith(std::vector<flow::DecoratorDescription> flow_decorators,
                               std::vector<flow::DecoratorDescription> step_decorators) {
  flow::FlowDescription flow;
  flow.decorators = std::move(flow_decorators);
  flow::StepDescription start;
  start.name = "start";
  start.decorators = std::move(step_decorators);
  flow::StepDescription end;
  end.name = "end";
  flow.steps = {start, end};
  return flow;
}

std::vector<std::string> Texts(const std::optional<EnvironmentWish>& wish) {
  std::vector<std::string> texts;
  if (wish) {
    for (const resolve::RequestedRequirement& wanted : wish->requirements) {
      texts.push_back(wanted.requirement.ToString());
    }
  }
  return texts;
}

TEST(RequirementFromPackage, FollowsMetaflowsRulesForVersions) {
  EXPECT_EQ(RequirementFromPackage("pandas", "2.2.3")->ToString(), "pandas==2.2.3");
  EXPECT_EQ(RequirementFromPackage("pandas", "1.2.*")->ToString(), "pandas==1.2.*");
  EXPECT_EQ(RequirementFromPackage("pandas", "==1.2")->ToString(), "pandas==1.2");
  EXPECT_EQ(RequirementFromPackage("pandas", "")->ToString(), "pandas");
  EXPECT_EQ(RequirementFromPackage("pandas", ">=1,<3")->ToString(), "pandas<3,>=1");
  EXPECT_EQ(RequirementFromPackage("requests[socks]", "")->ToString(), "requests[socks]");
}

TEST(EnvironmentWishes, StepOverridesBaseByNormalisedName) {
  const auto flow = FlowWith(
      {Decorator("pypi_base", R"({"python": "3.11", "packages": {"NumPy": "1.26", "six": ""}})")},
      {Decorator("pypi", R"({"packages": {"numpy": "2.0"}, "python": null})")});
  const auto wishes = EnvironmentWishes(flow, EnvironmentChoice::kDeclared);
  ASSERT_THAT(wishes, flowstone::testing::IsOk());
  EXPECT_THAT(Texts(wishes->at("start")), ElementsAre("numpy==2.0", "six"));
  EXPECT_THAT(Texts(wishes->at("end")), ElementsAre("numpy==1.26", "six"));
  EXPECT_EQ(wishes->at("end")->python, "3.11");
}

TEST(EnvironmentWishes, OnlyDeclaredStepsGetOneUnlessAsked) {
  const auto flow = FlowWith({}, {Decorator("pypi", R"({"packages": {"six": "1.16"}})")});
  EXPECT_TRUE(EnvironmentWishes(flow, EnvironmentChoice::kDeclared)->at("start").has_value());
  EXPECT_FALSE(EnvironmentWishes(flow, EnvironmentChoice::kDeclared)->at("end").has_value());
  EXPECT_TRUE(EnvironmentWishes(flow, EnvironmentChoice::kEvery)->at("end").has_value());
  EXPECT_FALSE(EnvironmentWishes(flow, EnvironmentChoice::kNone)->at("start").has_value());
}

TEST(EnvironmentWishes, DisabledStepRunsInTheLaunchingInterpreter) {
  const auto flow = FlowWith({Decorator("pypi_base", R"({"packages": {"six": ""}})")},
                             {Decorator("pypi", R"({"disabled": true})")});
  const auto wishes = EnvironmentWishes(flow, EnvironmentChoice::kEvery);
  EXPECT_FALSE(wishes->at("start").has_value());
  EXPECT_TRUE(wishes->at("end").has_value());
}

TEST(EnvironmentWishes, ErrorsNameStepLineAndPackage) {
  const auto flow = FlowWith({}, {Decorator("pypi", R"({"packages": {"six": 1.16}})")});
  EXPECT_THAT(EnvironmentWishes(flow, EnvironmentChoice::kDeclared),
              HasMessage(HasSubstr("the version of 'six' must be a string")));
  EXPECT_THAT(EnvironmentWishes(flow, EnvironmentChoice::kDeclared),
              HasMessage(HasSubstr("step 'start'")));
}

TEST(EnvironmentWishes, EachOtherArgumentOfTheStepReplacesTheBases) {
  const auto flow = FlowWith(
      {Decorator("pypi_base", R"({"requirements": "base.txt", "index_url": "https://a.example/",
                                  "exclude_newer": "2026-11-01", "platforms": "linux-aarch64"})")},
      {Decorator("pypi", R"({"requirements": "step.txt", "extra_index_urls": ["https://b.example/"],
                             "platforms": []})")});
  const auto wishes = EnvironmentWishes(flow, EnvironmentChoice::kDeclared);
  ASSERT_THAT(wishes, flowstone::testing::IsOk());
  const EnvironmentWish& start = *wishes->at("start");
  EXPECT_EQ(start.requirements_file, "step.txt");
  EXPECT_EQ(start.indexes.index_url, "https://a.example/");
  EXPECT_THAT(start.indexes.extra_index_urls, ElementsAre("https://b.example/"));
  EXPECT_EQ(start.exclude_newer_us, 1'793'491'200'000'000);
  EXPECT_TRUE(start.platforms.empty());
  const EnvironmentWish& end = *wishes->at("end");
  EXPECT_EQ(end.requirements_file, "base.txt");
  EXPECT_EQ(end.platforms.size(), 1U);
}

TEST(EnvironmentWishes, PackagesOfTheBaseSayWhoseTheyAre) {
  const auto flow = FlowWith({Decorator("pypi_base", R"({"packages": {"six": ""}})")},
                             {Decorator("pypi", R"({"packages": {"attrs": ""}})")});
  const auto wishes = EnvironmentWishes(flow, EnvironmentChoice::kDeclared);
  const EnvironmentWish& start = *wishes->at("start");
  EXPECT_EQ(start.requirements[0].origin, "");
  EXPECT_EQ(start.requirements[1].origin, "@pypi_base");
}

TEST(EnvironmentWishes, AGroupNeedsAFileThatHasIt) {
  const auto flow = FlowWith({}, {Decorator("pypi", R"({"group": "train"})")});
  EXPECT_THAT(EnvironmentWishes(flow, EnvironmentChoice::kDeclared),
              HasMessage(HasSubstr("names a group but no file that has it")));
}

TEST(EnvironmentWishes, ADateThatIsNoneIsNamedWithItsStep) {
  const auto flow = FlowWith({}, {Decorator("pypi", R"({"exclude_newer": "soon"})")});
  EXPECT_THAT(EnvironmentWishes(flow, EnvironmentChoice::kDeclared),
              HasMessage(HasSubstr("exclude_newer is 'soon', not a date")));
}

}  // namespace
}  // namespace flowstone::app
