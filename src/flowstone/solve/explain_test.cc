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
              ElementsAre("conflict", "the project requires a<2 and the project requires a>2"));
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
  EXPECT_THAT(provider.SolveToText(),
              ElementsAre("conflict", "the project requires a", "the project requires c<2",
                          "every version of a depends on b==1", "b 1 depends on c>=2"));
}

TEST(Explain, UnusableVersionsSayWhy) {
  ScriptedProvider provider;
  provider.Package("a", 3);
  provider.Unusable("a", 2, "no wheel fits");
  provider.Unusable("a", 3, "no wheel fits");
  provider.Require("a", ">=2");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("conflict", "the project requires a>=2",
                                                  "a 2 to 3 cannot be used: no wheel fits"));
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
  EXPECT_THAT(
      provider.SolveToText(),
      ElementsAre("conflict", "the project requires a", "the project requires a[x]",
                  "the project requires a[y]", "a[x] 1 depends on b==1", "a[y] 1 depends on b==2"));
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
      ElementsAre("conflict", "the project requires sdk>=500", "the project requires http<5",
                  "sdk 500 to 2000 depend on core 500 to 2000, each on its own range of them",
                  "core 500 to 1000 depend on http>=5 and core 1001 to 2000 depend on http>=8"));
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

TEST(Explain, LongArgumentsAreCutAndSaySo) {
  const Explanation explanation{{"first", "second"}, "so it fails"};
  EXPECT_EQ(explanation.ToString(), "1. first\n2. second\nso it fails");
}

}  // namespace
}  // namespace flowstone::solve
