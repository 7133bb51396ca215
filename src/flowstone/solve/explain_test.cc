#include "flowstone/solve/explain.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "flowstone/solve/scripted_provider.h"

namespace flowstone::solve {
namespace {

using ::testing::ElementsAre;

TEST(Explain, PackageThatDoesNotExist) {
  ScriptedProvider provider;
  provider.Require("missing", "");
  EXPECT_THAT(provider.SolveToText(),
              ElementsAre("conflict", "the project requires missing, but missing does not exist"));
}

TEST(Explain, VersionThatDoesNotExist) {
  ScriptedProvider provider;
  provider.Package("a", 3);
  provider.Require("a", ">=4");
  EXPECT_THAT(provider.SolveToText(),
              ElementsAre("conflict",
                          "the project requires a>=4, but there is no such version "
                          "(1 to 3 exist)"));
}

TEST(Explain, TwoRequirementsThatExcludeEachOther) {
  ScriptedProvider provider;
  provider.Package("a", 3);
  provider.Require("a", "<2");
  provider.Require("a", ">2");
  EXPECT_THAT(provider.SolveToText(),
              ElementsAre("conflict", "the project requires a<2", "the project requires a>2"));
}

TEST(Explain, ChainOfDependencies) {
  ScriptedProvider provider;
  provider.Package("a", 2);
  provider.Package("b", 1);
  provider.Package("c", 2);
  provider.Depend("a", 1, "b", "==1");
  provider.Depend("a", 2, "b", "==1");
  provider.Depend("b", 1, "c", ">=2");
  provider.Require("a", "");
  provider.Require("c", "<2");
  EXPECT_THAT(
      provider.SolveToText(),
      ElementsAre("conflict", "the project requires a", "every version of a depends on b==1",
                  "b 1 depends on c>=2", "the project requires c<2"));
}

TEST(Explain, UnusableVersionsSayWhy) {
  ScriptedProvider provider;
  provider.Package("a", 3);
  provider.Unusable("a", 2, "no wheel fits");
  provider.Unusable("a", 3, "no wheel fits");
  provider.Require("a", ">=2");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("conflict", "the project requires a>=2",
                                                  "a>=2 cannot be used: no wheel fits"));
}

TEST(Explain, OnlyWhatMattersIsSaid) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("noise", 5);
  provider.Package("b", 1);
  for (std::uint32_t version = 1; version <= 5; ++version) {
    provider.Depend("noise", version, "a", version > 3 ? "==9" : "");
  }
  provider.Depend("a", 1, "b", ">=2");
  provider.Require("noise", "");
  provider.Require("a", "");
  EXPECT_THAT(provider.SolveToText(),
              ElementsAre("conflict", "the project requires a",
                          "a 1 depends on b>=2, but there is no such version (1 exists)"));
}

TEST(Explain, FeaturesAreNamed) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("b", 2);
  provider.Depend("a", 1, "b", "==1", "a[x]");
  provider.Depend("a", 1, "b", "==2", "a[y]");
  provider.Require("a", "");
  provider.Require("a[x]", "");
  provider.Require("a[y]", "");
  EXPECT_THAT(provider.SolveToText(),
              ElementsAre("conflict", "the project requires a[x]", "a[x] 1 depends on b==1",
                          "the project requires a[y]", "a[y] 1 depends on b==2"));
}

// Every one of two thousand versions pins its own version of the next package: the reason is one
// sentence a package, not one a version.
TEST(Explain, ThousandsOfVersionsAreOneSentence) {
  ScriptedProvider provider;
  provider.Package("sdk", 2000);
  provider.Package("core", 2000);
  provider.Package("http", 9);
  for (std::uint32_t version = 1; version <= 2000; ++version) {
    provider.Depend("sdk", version, "core", "==" + std::to_string(version));
    provider.Depend("core", version, "http", version > 1000 ? ">=8" : ">=5");
  }
  provider.Require("sdk", ">=500");
  provider.Require("http", "<5");
  EXPECT_THAT(
      provider.SolveToText(),
      ElementsAre("conflict", "the project requires sdk>=500", "sdk>=500 depends on core>=500",
                  "core>=500 depends on http>=5", "the project requires http<5"));
}

// No single table decides: the cases must be told apart.
TEST(Explain, CasesAreToldApartWithLemmas) {
  ScriptedProvider provider;
  provider.Package("a", 2);
  provider.Package("b", 2);
  provider.Package("c", 2);
  for (std::uint32_t version = 1; version <= 2; ++version) {
    const std::string same = "==" + std::to_string(version);
    const std::string other = "==" + std::to_string(3 - version);
    provider.Depend("a", version, "b", same);
    provider.Depend("b", version, "c", same);
    provider.Depend("a", version, "c", other);
  }
  provider.Require("a", "");
  const auto text = provider.SolveToText();
  EXPECT_EQ(text.front(), "conflict");
  EXPECT_THAT(text, ::testing::Contains(::testing::StartsWith("so ")));
  EXPECT_LE(text.size(), 10U);
}

TEST(Explain, OfSeveralWishesOnlyThoseThatClashAreTold) {
  ScriptedProvider provider;
  provider.Package("a", 9);
  provider.Require("a", ">=2");
  provider.Require("a", "<8");
  provider.Require("a", ">=8");
  EXPECT_THAT(provider.SolveToText(),
              ElementsAre("conflict", "the project requires a<8", "the project requires a>=8"));
}

TEST(Explain, VersionsThatWereRuledOutBeforeAreNotToldAbout) {
  ScriptedProvider provider;
  provider.Package("a", 5);
  provider.Package("b", 2);
  for (const std::uint32_t version : {2U, 3U, 5U}) {
    provider.Depend("a", version, "b", "==2");
  }
  provider.Unusable("a", 4, "yanked");
  provider.Require("a", ">=2");
  provider.Require("b", "==1");
  EXPECT_THAT(provider.SolveToText(),
              ElementsAre("conflict", "the project requires a>=2", "a 4 cannot be used: yanked",
                          "every other a>=2 depends on b==2", "the project requires b==1"));
}

TEST(Explain, RangesThatNobodyHasNamedAreNamedByTheirEnds) {
  ScriptedProvider provider;
  provider.Package("a", 9);
  provider.Package("b", 2);
  for (std::uint32_t version = 3; version <= 9; ++version) {
    provider.Depend("a", version, "b", "==2");
  }
  provider.Unusable("a", 1, "yanked");
  provider.Unusable("a", 2, "yanked");
  provider.Require("a", "");
  provider.Require("b", "==1");
  EXPECT_THAT(provider.SolveToText(),
              ElementsAre("conflict", "the project requires a", "a<=2 cannot be used: yanked",
                          "a>=3 depends on b==2", "the project requires b==1"));
}

TEST(Explain, ConclusionNamesThePackageOfWhichNothingIsLeft) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("b", 2);
  provider.Depend("a", 1, "b", "==1");
  provider.Require("a", "");
  provider.Require("b", "==2");
  const Result<Outcome> outcome = Solve(provider, provider.root());
  ASSERT_TRUE(outcome);
  EXPECT_EQ(Explain(std::get<Conflict>(*outcome), provider).ToString(),
            "because the project requires a\n"
            "and a 1 depends on b==1\n"
            "and the project requires b==2\n"
            "so no version of b is left");
}

TEST(Explain, AskingForWhatDoesNotExistNeedsNoConclusion) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Depend("a", 1, "missing", "");
  provider.Require("a", "");
  const Result<Outcome> outcome = Solve(provider, provider.root());
  ASSERT_TRUE(outcome);
  EXPECT_EQ(Explain(std::get<Conflict>(*outcome), provider).ToString(),
            "because the project requires a\n"
            "and a 1 depends on missing, but missing does not exist");
}

TEST(Explain, DependingOnSomeVersionOrOtherIsDependingOnThePackage) {
  ScriptedProvider provider;
  provider.Package("a", 3);
  provider.Package("b", 3);
  provider.Package("c", 2);
  for (std::uint32_t version = 1; version <= 3; ++version) {
    provider.Depend("a", version, "b", "==" + std::to_string(version));
    provider.Depend("b", version, "c", "==2");
  }
  provider.Require("a", "");
  provider.Require("c", "==1");
  EXPECT_THAT(provider.SolveToText(),
              ElementsAre("conflict", "the project requires a", "every version of a depends on b",
                          "every version of b depends on c==2", "the project requires c==1"));
}

TEST(Explain, SingleReasonStandsForItself) {
  ScriptedProvider provider;
  provider.Require("missing", "");
  const Result<Outcome> outcome = Solve(provider, provider.root());
  ASSERT_TRUE(outcome);
  EXPECT_EQ(Explain(std::get<Conflict>(*outcome), provider).ToString(),
            "the project requires missing, but missing does not exist");
}

TEST(Explain, LongArgumentsAreCutAndSaySo) {
  ScriptedProvider provider;
  for (char name = 'a'; name < 'f'; ++name) {
    provider.Package(std::string(1, name), 1);
    provider.Depend(std::string(1, name), 1, std::string(1, static_cast<char>(name + 1)), "");
  }
  provider.Require("a", "");
  const Result<Outcome> outcome = Solve(provider, provider.root());
  ASSERT_TRUE(outcome);
  const Explanation explanation =
      Explain(std::get<Conflict>(*outcome), provider, {.max_reasons = 2});
  EXPECT_THAT(explanation.reasons, ElementsAre("the project requires a", "a 1 depends on b",
                                               "4 more reasons of this kind"));
}

}  // namespace
}  // namespace flowstone::solve
