#include "flowstone/solve/solver.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "flowstone/base/error.h"
#include "flowstone/solve/scripted_provider.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::solve {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Solver, NothingAskedNothingSelected) {
  ScriptedProvider provider;
  EXPECT_THAT(provider.SolveToText(), ElementsAre());
}

TEST(Solver, TakesTheNewestVersionAndItsDependencies) {
  ScriptedProvider provider;
  provider.Package("a", 3);
  provider.Package("b", 2);
  provider.Depend("a", 3, "b", "");
  provider.Require("a", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 3", "b 2"));
}

TEST(Solver, StaysInsideAllRanges) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("b", 5);
  provider.Depend("a", 1, "b", "<4");
  provider.Require("a", "");
  provider.Require("b", "!=3");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1", "b 2"));
}

TEST(Solver, FallsBackToAVersionWhoseDependenciesExist) {
  ScriptedProvider provider;
  provider.Package("a", 3);
  provider.Depend("a", 3, "missing", "");
  provider.Depend("a", 2, "missing", "");
  provider.Require("a", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1"));
}

TEST(Solver, GoesBackToTheChoiceThatCausedTheConflict) {
  ScriptedProvider provider;
  provider.Package("a", 2);
  provider.Package("unrelated", 3);
  provider.Package("b", 1);
  provider.Package("c", 2);
  provider.Depend("a", 2, "c", "==2");
  provider.Depend("a", 1, "c", "==1");
  provider.Depend("b", 1, "c", "==1");
  provider.Require("a", "");
  provider.Require("unrelated", "");
  provider.Require("b", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1", "unrelated 3", "b 1", "c 1"));
}

TEST(Solver, UnusableCandidatesAreNeverChosen) {
  ScriptedProvider provider;
  provider.Package("a", 3);
  provider.Unusable("a", 3, "yanked");
  provider.Broken("a", 2, "its metadata cannot be read");
  provider.Require("a", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1"));
}

TEST(Solver, UnusableCandidatesAreToldOfWhenTheirTurnComes) {
  ScriptedProvider provider;
  provider.Package("a", 3);
  provider.Package("b", 2);
  provider.Unusable("a", 3, "yanked");
  provider.Unusable("a", 1, "yanked");
  provider.Depend("a", 2, "b", "");
  provider.Require("a", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 2", "b 2"));
  EXPECT_THAT(provider.tried(), ElementsAre("a 2", "b 2"));
}

// As uv does it, whose root has a Python that its packages conflict with.
TEST(Solver, AnAlienCandidateSendsTheSearchBackToWhereItsPackageWasFirstWanted) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("b", 1);
  provider.Package("c", 2);
  provider.Depend("a", 1, "c", "");
  provider.Alien("c", 2, "for another Python");
  provider.Require("a", "");
  provider.Require("b", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1", "b 1", "c 1"));
  EXPECT_THAT(provider.tried(), ElementsAre("a 1", "b 1", "c 2", "b 1", "c 1"));
}

TEST(Solver, APackageWithManyAlienCandidatesIsTriedEarlier) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("b", 8);
  for (std::uint32_t version = 2; version <= 8; ++version) {
    provider.Alien("b", version, "for another Python");
  }
  provider.Require("a", "");
  provider.Require("b", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1", "b 1"));
  EXPECT_THAT(provider.tried(), ElementsAre("a 1", "b 8", "a 1", "b 7", "a 1", "b 6", "a 1", "b 5",
                                            "a 1", "b 4", "b 3", "b 2", "b 1", "a 1"));
}

TEST(Solver, APinnedPackageIsDecidedEarlyFromThenOn) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("b", 1);
  provider.Package("c", 2);
  provider.PinWhenChosen("b");
  provider.Alien("c", 2, "for another Python");
  provider.Require("a", "");
  provider.Require("b", "");
  provider.Require("c", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1", "b 1", "c 1"));
  EXPECT_THAT(provider.tried(), ElementsAre("a 1", "b 1", "c 2", "b 1", "a 1", "c 1"));
}

TEST(Solver, DropsADependencyThatTheFinalChoiceDoesNotHave) {
  ScriptedProvider provider;
  provider.Package("a", 2);
  provider.Package("helper", 1);
  provider.Package("b", 1);
  provider.Depend("a", 2, "helper", "");
  provider.Depend("a", 2, "b", "==9");
  provider.Require("b", "");
  provider.Require("a", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("b 1", "a 1"));
}

TEST(Solver, FeatureAddsItsDependenciesOnlyWhenAsked) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("socks", 1);
  provider.Depend("a", 1, "socks", "", "a[proxy]");
  provider.Require("a", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1"));
  EXPECT_THAT(provider.announced(), ElementsAre("a"));

  provider.Require("a[proxy]", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1", "socks 1"));
}

TEST(Solver, FeatureMayBeAskedForAfterItsPackageWasChosen) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("b", 1);
  provider.Package("socks", 2);
  provider.Depend("a", 1, "socks", "==1", "a[proxy]");
  provider.Depend("b", 1, "a[proxy]", "");
  provider.Require("a", "");
  provider.Require("b", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1", "b 1", "socks 1"));
}

TEST(Solver, FeatureMayPullInOtherFeatures) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("x", 1);
  provider.Package("y", 1);
  provider.Depend("a", 1, "x", "", "a[x]");
  provider.Depend("a", 1, "y", "", "a[y]");
  provider.Depend("a", 1, "a[x]", "", "a[all]");
  provider.Depend("a", 1, "a[y]", "", "a[all]");
  provider.Require("a", "");
  provider.Require("a[all]", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1", "x 1", "y 1"));
}

TEST(Solver, FeatureRestrictsTheVersionOfItsPackage) {
  ScriptedProvider provider;
  provider.Package("a", 3);
  provider.Package("b", 1);
  provider.Depend("a", 3, "b", "==9", "a[x]");
  provider.Depend("a", 2, "b", "==1", "a[x]");
  provider.Require("a", "");
  provider.Require("a[x]", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 2", "b 1"));
}

TEST(Solver, PackageThatExcludesItselfIsNotChosen) {
  ScriptedProvider provider;
  provider.Package("a", 2);
  provider.Depend("a", 2, "a", "<2");
  provider.Require("a", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1"));
}

TEST(Solver, ReportsConflict) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Package("b", 2);
  provider.Depend("a", 1, "b", "==1");
  provider.Require("a", "");
  provider.Require("b", "==2");
  EXPECT_THAT(provider.SolveToText().front(), "conflict");
}

// Trying all 40 versions of `b` before the first choice of `a` is questioned would end at b 1.
TEST(Solver, PackageThatKeepsConflictingIsTriedEarlier) {
  ScriptedProvider provider;
  provider.Package("a", 20);
  provider.Package("b", 40);
  for (std::uint32_t version = 2; version <= 40; ++version) {
    provider.Depend("b", version, "a", "<20");
  }
  provider.Require("a", "");
  provider.Require("b", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 19", "b 40"));
}

// The newest app states the conflict with y first, the others that with x. Blaming y for all would
// keep x as it is, which only the oldest app suits.
TEST(Solver, FirstDependencyThatCannotBeMetIsToBlame) {
  ScriptedProvider provider;
  provider.Package("x", 2);
  provider.Package("y", 2);
  provider.Package("app", 10);
  provider.Depend("app", 10, "y", "<2");
  provider.Depend("app", 10, "x", "<2");
  for (std::uint32_t version = 9; version > 1; --version) {
    provider.Depend("app", version, "x", "<2");
    provider.Depend("app", version, "y", "<2");
  }
  provider.Require("x", "");
  provider.Require("y", "");
  provider.Require("app", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("x 1", "y 1", "app 10"));
}

// Three versions of app want another base for a feature. That is enough to try an older base, and
// sooner than the oldest app.
TEST(Solver, WhatIsInTheWayOfAFeatureIsInTheWayOfItsPackageToo) {
  ScriptedProvider provider;
  provider.Package("base", 2);
  provider.Package("app", 4);
  for (std::uint32_t version = 4; version > 1; --version) {
    provider.Depend("app", version, "base", "<2", "app[x]");
  }
  provider.Require("base", "");
  provider.Require("app", "");
  provider.Require("app[x]", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("base 1", "app 4"));
}

TEST(Solver, PinnedPackageIsDecidedBeforeOpenOnes) {
  ScriptedProvider provider;
  provider.Package("a", 2);
  provider.Package("b", 2);
  provider.Depend("b", 1, "a", "<2");
  provider.Require("a", "");
  provider.Require("b", "==1");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1", "b 1"));
  EXPECT_EQ(provider.details_asked(), 3U);  // the root, b 1, a 1; never a 2
}

TEST(Solver, AsksForDetailsOfAThousandVersionsOnlyOnce) {
  ScriptedProvider provider;
  provider.Package("a", 1000);
  provider.Package("b", 1);
  for (std::uint32_t version = 2; version <= 1000; ++version) {
    provider.Depend("a", version, "b", "==" + std::to_string(version));
  }
  provider.Require("a", "");
  provider.Require("b", "");
  EXPECT_THAT(provider.SolveToText(), ElementsAre("a 1", "b 1"));
  EXPECT_LE(provider.details_asked(), 1002U);
}

TEST(Solver, ErrorOfTheProviderEndsTheSolve) {
  ScriptedProvider provider;
  provider.Package("a", 2);
  provider.FailDetails("a", 2, Error{ErrorCode::kUnavailable, "the index does not answer"});
  provider.Require("a", "");
  const Result<Outcome> outcome = Solve(provider, provider.root());
  EXPECT_THAT(outcome, HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(outcome, HasMessage(HasSubstr("does not answer")));
}

TEST(Solver, StopsWhenCancelled) {
  ScriptedProvider provider;
  provider.Package("a", 1);
  provider.Require("a", "");
  EXPECT_THAT(Solve(provider, provider.root(), {.is_cancelled = [] { return true; }}),
              HasCode(ErrorCode::kCancelled));
}

TEST(Solver, ReachingTheLimitNamesThePackagesInConflict) {
  ScriptedProvider provider;
  provider.Package("a", 50);
  provider.Package("b", 1);
  for (std::uint32_t version = 1; version <= 50; ++version) {
    provider.Depend("a", version, "b", "==9");
  }
  provider.Depend("a", 1, "b", "==8");
  provider.Require("b", "");
  provider.Require("a", "!=50");
  const Result<Outcome> outcome = Solve(provider, provider.root(), {.max_steps = 1});
  ASSERT_THAT(outcome, IsOk());
  EXPECT_TRUE(std::holds_alternative<Exhausted>(*outcome));
}

}  // namespace
}  // namespace flowstone::solve
