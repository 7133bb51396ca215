#include "flowstone/app/lock_policies.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/project/cutoff.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::app {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using project::NameChoice;
using resolve::BinaryPolicy;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr std::int64_t kDay = std::int64_t{24} * 3600 * 1'000'000;  // microseconds
constexpr std::int64_t kNow = 20'000 * kDay + kDay / 2;

class LockPoliciesTest : public ::testing::Test {
 protected:
  Result<std::vector<std::string>> Apply() {
    return ApplyLockPolicies(wish_, inputs_, pip_, kNow, settings_);
  }
  resolve::ResolvePolicies Policies() {
    EXPECT_THAT(Apply(), IsOk());
    return settings_.policies;
  }
  project::UvTable& Uv() {
    if (inputs_.uv_tables.empty()) {
      inputs_.uv_tables.push_back({.document = "/work/pyproject.toml",
                                   .table = {.file = "pyproject.toml", .path = "tool.uv"}});
    }
    return inputs_.uv_tables.front().table;
  }
  // Of a file that is farther away.
  project::UvTable& FartherUv() {
    Uv();
    if (inputs_.uv_tables.size() == 1) {
      inputs_.uv_tables.push_back({.document = "/home/ada/.config/uv/uv.toml",
                                   .table = {.file = "/home/ada/.config/uv/uv.toml"}});
    }
    return inputs_.uv_tables.back().table;
  }
  static void Choose(NameChoice& choice, NameChoice::Side side, const std::string& words) {
    EXPECT_THAT(choice.Choose(side, words), IsOk());
  }
  BinaryPolicy BinariesOf(const std::string& project) {
    return Policies().binaries.For(*pypi::Name::Parse(project));
  }
  void Require(const std::string& text) {
    inputs_.wish.requirements.push_back(
        {.requirement = *pypi::Requirement::Parse(text), .origin = "requirements.txt:1"});
  }

  LockPolicyWish wish_;
  LockInputs inputs_;
  index::PipChoices pip_;
  EnvironmentSettings settings_;
};

TEST_F(LockPoliciesTest, NobodySaysAnything) {
  EXPECT_EQ(Policies(), resolve::ResolvePolicies());
  EXPECT_EQ(settings_.exclude_newer_us, std::nullopt);
  EXPECT_EQ(settings_.hashes, resolve::HashPolicy::kWhereNamed);
}

TEST_F(LockPoliciesTest, ThePresetOfPipSearchesAllIndexes) {
  wish_.compat = resolve::Compatibility::kPip;
  EXPECT_EQ(Policies().prereleases, resolve::PoliciesFor(*wish_.compat).prereleases);
  EXPECT_EQ(settings_.packages.request.strategy, "unsafe-best-match");
}

TEST_F(LockPoliciesTest, APresetLeavesAStrategyThatWasNamed) {
  wish_.compat = resolve::Compatibility::kPip;
  wish_.names_index_strategy = true;
  settings_.packages.request.strategy = "first-index";
  EXPECT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.packages.request.strategy, "first-index");
}

TEST_F(LockPoliciesTest, APresetLeavesWhatMayBeBuilt) {
  wish_.compat = resolve::Compatibility::kPip;
  settings_.policies.binaries.by_default = BinaryPolicy::kAnySource;
  EXPECT_EQ(BinariesOf("demo"), BinaryPolicy::kAnySource);
}

TEST_F(LockPoliciesTest, ResolutionOfTheCommandLineComesBeforeThatOfUv) {
  Uv().resolution = "lowest-direct";
  EXPECT_EQ(Policies().resolution, resolve::ResolutionMode::kLowestDirect);
  wish_.resolution = "lowest";
  EXPECT_EQ(Policies().resolution, resolve::ResolutionMode::kLowest);
}

TEST_F(LockPoliciesTest, AWordThatIsNoPolicyNamesWhoSaidIt) {
  Uv().resolution = "lowset";
  EXPECT_THAT(Apply(), AllOf(HasCode(ErrorCode::kInvalid),
                             HasMessage(HasSubstr("pyproject.toml: tool.uv.resolution is "
                                                  "'lowset'"))));
  wish_.resolution = "newest";
  EXPECT_THAT(Apply(), HasMessage(HasSubstr("--resolution is 'newest'")));
  wish_.resolution = std::nullopt;
  Uv().resolution = std::nullopt;
  wish_.prerelease = "maybe";
  EXPECT_THAT(Apply(), HasMessage(HasSubstr("--prerelease is 'maybe'")));
}

TEST_F(LockPoliciesTest, PrereleasesAreDecidedByWhoeverIsNearest) {
  pip_.prereleases = "true";
  EXPECT_EQ(Policies().prereleases, resolve::PrereleaseMode::kAllow);
  Uv().prerelease = "disallow";
  EXPECT_EQ(Policies().prereleases, resolve::PrereleaseMode::kDisallow);
  Choose(inputs_.options.releases, NameChoice::Side::kFirst, ":all:");
  EXPECT_EQ(Policies().prereleases, resolve::PrereleaseMode::kAllow);
  wish_.prerelease = "explicit";
  EXPECT_EQ(Policies().prereleases, resolve::PrereleaseMode::kExplicit);
}

TEST_F(LockPoliciesTest, OnlyFinalReleasesInAFileForbidPrereleases) {
  Choose(inputs_.options.releases, NameChoice::Side::kSecond, ":all:");
  EXPECT_EQ(Policies().prereleases, resolve::PrereleaseMode::kDisallow);
}

TEST_F(LockPoliciesTest, PipThatSaysNoToPrereleasesChangesNothing) {
  pip_.prereleases = "0";
  EXPECT_EQ(Policies().prereleases, resolve::ResolvePolicies().prereleases);
}

TEST_F(LockPoliciesTest, ADateIsItsMidnightOnTheCommandLineAndItsEndInTablesOfUv) {
  wish_.exclude_newer = "2024-10-01";
  EXPECT_THAT(Apply(), IsOk());
  const std::optional<std::int64_t> midnight = settings_.exclude_newer_us;
  ASSERT_TRUE(midnight.has_value());
  wish_.exclude_newer = std::nullopt;
  Uv().exclude_newer = "2024-10-01";
  EXPECT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.exclude_newer_us, *midnight + kDay);
}

TEST_F(LockPoliciesTest, DurationsAreCountedFromTheLastMidnight) {
  wish_.exclude_newer = "2 days";
  EXPECT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.exclude_newer_us, 19'998 * kDay);
  EXPECT_EQ(settings_.exclude_newer_kind, resolve::CutOffKind::kAge);
  wish_.exclude_newer = "2024-10-01";
  EXPECT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.exclude_newer_kind, resolve::CutOffKind::kMoment);
}

TEST_F(LockPoliciesTest, WhatIsConfiguredComesLast) {
  pip_.cut_off = "2024-10-01";
  pip_.cut_off_source = "/etc/pip.conf";
  EXPECT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.exclude_newer_us, *project::ParseCutoff("2024-10-01", kNow));
  EXPECT_EQ(settings_.exclude_newer_origin, "uploaded-prior-to of /etc/pip.conf");
  Uv().exclude_newer = "2024-10-01";
  EXPECT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.exclude_newer_origin, "pyproject.toml: tool.uv.exclude-newer");
  EXPECT_EQ(settings_.exclude_newer_us, *project::ParseCutoff("2024-10-02", kNow));
  wish_.exclude_newer = "2024-09-01";
  EXPECT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.exclude_newer_us, *project::ParseCutoff("2024-09-01", kNow));
  pip_.require_hashes = true;
  Require("demo==1");
  EXPECT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.hashes, resolve::HashPolicy::kRequired);
}

TEST_F(LockPoliciesTest, AProjectHasAMomentOfItsOwnOrNone) {
  const pypi::Name demo = *pypi::Name::Parse("demo");
  const pypi::Name other = *pypi::Name::Parse("other");
  Uv().exclude_newer = "2024-10-01";
  Uv().exclude_newer_package = {{demo, "2024-09-01"}, {other, "2024-09-01"}};
  wish_.exclude_newer_package = {{demo, "false"}, {other, "2024-08-01"}};
  EXPECT_THAT(Apply(), IsOk());
  ASSERT_TRUE(settings_.exclude_newer_of_us.contains(demo));
  EXPECT_EQ(settings_.exclude_newer_of_us.at(demo), std::nullopt);
  EXPECT_EQ(settings_.exclude_newer_of_us.at(other), *project::ParseCutoff("2024-08-01", kNow));
}

TEST_F(LockPoliciesTest, AMomentThatCannotBeReadNamesItsPlace) {
  Uv().exclude_newer = "soon";
  const auto applied = Apply();
  ASSERT_THAT(applied, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(applied.error().context,
              ElementsAre(HasSubstr("pyproject.toml: tool.uv.exclude-newer")));
}

TEST_F(LockPoliciesTest, WheelsOrSourcesOfSingleProjects) {
  settings_.policies.binaries.by_default = BinaryPolicy::kAnySource;
  Choose(wish_.binaries, NameChoice::Side::kFirst, "a");
  Choose(wish_.binaries, NameChoice::Side::kSecond, "b");
  EXPECT_EQ(BinariesOf("a"), BinaryPolicy::kOnlyWheels);
  EXPECT_EQ(BinariesOf("b"), BinaryPolicy::kNoWheels);
  EXPECT_EQ(BinariesOf("c"), BinaryPolicy::kAnySource);
}

TEST_F(LockPoliciesTest, TheLaterWordAboutAllForgetsWhatWasSaidOfSingleProjects) {
  pip_.no_binary = {"a"};
  Uv().no_binary.of = {*pypi::Name::Parse("b")};
  Choose(wish_.binaries, NameChoice::Side::kFirst, ":all:");
  Choose(wish_.binaries, NameChoice::Side::kSecond, "c");
  EXPECT_EQ(BinariesOf("a"), BinaryPolicy::kOnlyWheels);
  EXPECT_EQ(BinariesOf("b"), BinaryPolicy::kOnlyWheels);
  EXPECT_EQ(BinariesOf("c"), BinaryPolicy::kNoWheels);
}

TEST_F(LockPoliciesTest, EveryPlaceThatChoosesFilesIsHeard) {
  settings_.policies.binaries.by_default = BinaryPolicy::kAnySource;
  pip_.only_binary = {"a,b"};
  Uv().no_build.of = {*pypi::Name::Parse("c")};
  Choose(inputs_.options.binaries, NameChoice::Side::kFirst, "d");
  for (const char* project : {"a", "b", "c", "d"}) {
    EXPECT_EQ(BinariesOf(project), BinaryPolicy::kOnlyWheels) << project;
  }
  EXPECT_EQ(BinariesOf("e"), BinaryPolicy::kAnySource);
}

TEST_F(LockPoliciesTest, NoBuildOfUvLeavesOnlyWheels) {
  settings_.policies.binaries.by_default = BinaryPolicy::kAnySource;
  Uv().no_build.of_all = true;
  EXPECT_EQ(BinariesOf("demo"), BinaryPolicy::kOnlyWheels);
}

TEST_F(LockPoliciesTest, ANearerFileOfUvUndoesWhatAFartherOneRefuses) {
  settings_.policies.binaries.by_default = BinaryPolicy::kAnySource;
  Uv().no_build.of_all = false;
  project::UvTable& farther = FartherUv();
  farther.no_build = {.of_all = true, .of = {*pypi::Name::Parse("demo")}};
  farther.no_binary.of_all = true;
  EXPECT_EQ(BinariesOf("demo"), BinaryPolicy::kNoWheels);
  settings_.policies.binaries = {.by_default = BinaryPolicy::kAnySource};
  Uv().no_binary.of_all = false;
  EXPECT_EQ(BinariesOf("demo"), BinaryPolicy::kAnySource);
}

TEST_F(LockPoliciesTest, ListsOfFilesOfUvAddUp) {
  settings_.policies.binaries.by_default = BinaryPolicy::kAnySource;
  Uv().no_build.of = {*pypi::Name::Parse("a")};
  FartherUv().no_build.of = {*pypi::Name::Parse("b")};
  EXPECT_EQ(BinariesOf("a"), BinaryPolicy::kOnlyWheels);
  EXPECT_EQ(BinariesOf("b"), BinaryPolicy::kOnlyWheels);
  EXPECT_EQ(BinariesOf("c"), BinaryPolicy::kAnySource);
}

TEST_F(LockPoliciesTest, WhatUvPipRefusesIsRefusedBesides) {
  settings_.policies.binaries.by_default = BinaryPolicy::kAnySource;
  Uv().kind = project::UvTable::Kind::kPip;
  Uv().only_binary.of = {*pypi::Name::Parse("a")};
  project::UvTable& general = FartherUv();
  general.no_build.of_all = false;
  EXPECT_EQ(BinariesOf("a"), BinaryPolicy::kOnlyWheels);
  EXPECT_EQ(BinariesOf("b"), BinaryPolicy::kAnySource);
  general.no_build.of_all = true;
  Uv().no_build.of_all = false;
  EXPECT_EQ(BinariesOf("b"), BinaryPolicy::kOnlyWheels);
}

TEST_F(LockPoliciesTest, TheNearestFileOfUvSaysWhetherHashesAreRequired) {
  FartherUv().require_hashes = true;
  ASSERT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.hashes, resolve::HashPolicy::kRequired);
  settings_.hashes = resolve::HashPolicy::kWhereNamed;
  Uv().require_hashes = false;
  ASSERT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.hashes, resolve::HashPolicy::kWhereNamed);
}

TEST_F(LockPoliciesTest, PrereleasesOfSingleProjectsAreDecidedByWhoeverIsNearest) {
  const pypi::Name a = *pypi::Name::Parse("a");
  const pypi::Name b = *pypi::Name::Parse("b");
  Uv().prerelease_package = {{a, "allow"}};
  FartherUv().prerelease_package = {{a, "disallow"}, {b, "explicit"}};
  wish_.prerelease = "disallow";
  EXPECT_EQ(Policies().PrereleasesFor(a), resolve::PrereleaseMode::kAllow);
  EXPECT_EQ(Policies().PrereleasesFor(b), resolve::PrereleaseMode::kExplicit);
  Choose(inputs_.options.releases, NameChoice::Side::kSecond, "a");
  Choose(inputs_.options.releases, NameChoice::Side::kFirst, "b");
  EXPECT_EQ(Policies().PrereleasesFor(a), resolve::PrereleaseMode::kDisallow);
  EXPECT_EQ(Policies().PrereleasesFor(b), resolve::PrereleaseMode::kAllow);
  wish_.prerelease_package = {{a, "if-necessary"}};
  EXPECT_EQ(Policies().PrereleasesFor(a), resolve::PrereleaseMode::kIfNecessary);
  EXPECT_EQ(Policies().PrereleasesFor(*pypi::Name::Parse("c")), resolve::PrereleaseMode::kDisallow);
}

TEST_F(LockPoliciesTest, AModeOfASingleProjectThatDoesNotExistIsRefused) {
  Uv().prerelease_package = {{*pypi::Name::Parse("a"), "alow"}};
  EXPECT_THAT(Apply(), AllOf(HasCode(ErrorCode::kInvalid),
                             HasMessage(HasSubstr("tool.uv.prerelease-package is 'alow'"))));
}

TEST_F(LockPoliciesTest, WhatTheNearestFileStatesOfMetadataComesFirst) {
  const pypi::Name near = *pypi::Name::Parse("near");
  const pypi::Name far = *pypi::Name::Parse("far");
  Uv().stated_metadata = {{.name = near}};
  FartherUv().stated_metadata = {{.name = far}};
  ASSERT_THAT(Apply(), IsOk());
  ASSERT_EQ(settings_.stated_metadata.size(), 2U);
  EXPECT_EQ(settings_.stated_metadata[0].name, near);
  EXPECT_EQ(settings_.stated_metadata[1].name, far);
}

TEST_F(LockPoliciesTest, ThatPipBuildsInWhatIsInstalledIsPassedOn) {
  pip_.unisolated = "no-build-isolation of /etc/pip.conf";
  ASSERT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.builds.wish.unisolated, pip_.unisolated);
  settings_.builds.wish.unisolated = "UV_NO_BUILD_ISOLATION";
  ASSERT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.builds.wish.unisolated, "UV_NO_BUILD_ISOLATION");
}

TEST_F(LockPoliciesTest, ANameThatPipCouldNotReadIsRefused) {
  pip_.only_binary = {"not a name"};
  EXPECT_THAT(Apply(), HasCode(ErrorCode::kInvalid));
}

TEST_F(LockPoliciesTest, PreferringWheelsNeedsNoSourcesBesideThem) {
  inputs_.options.prefer_binary = project::SourcedText{.text = "", .source = {"r.txt", 3}};
  EXPECT_THAT(Apply(), IsOk());
  settings_.policies.binaries.by_default = BinaryPolicy::kAnySource;
  EXPECT_THAT(Apply(), AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("r.txt:3"))));
}

TEST_F(LockPoliciesTest, OneHashDemandsHashesAndPinsEverywhere) {
  inputs_.has_hashes = true;
  Require("pinned==1.0");
  EXPECT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.hashes, resolve::HashPolicy::kRequired);
  Require("free>=1.0");
  EXPECT_THAT(Apply(), HasMessage(HasSubstr("free>=1.0 is not pinned")));
}

TEST_F(LockPoliciesTest, AFileMaySayThatHashesAreNotDemanded) {
  inputs_.has_hashes = true;
  inputs_.options.require_hashes = false;
  Require("free>=1.0");
  EXPECT_THAT(Apply(), IsOk());
  EXPECT_EQ(settings_.hashes, resolve::HashPolicy::kWhereNamed);
}

TEST_F(LockPoliciesTest, AConstraintMayBeThePin) {
  wish_.require_hashes = true;
  Require("a===1.2");
  Require("b");
  inputs_.wish.constraints.push_back({.requirement = *pypi::Requirement::Parse("b==2")});
  Require("c @ https://host.example/c-1.zip");
  EXPECT_THAT(Apply(), IsOk());
  Require("d==1.*");
  EXPECT_THAT(Apply(), HasMessage(HasSubstr("d==1.* is not pinned")));
}

TEST_F(LockPoliciesTest, IndexesOfFilesComeBehindThoseOfTheCommandLine) {
  settings_.packages.request.index_url = "https://one.example/simple";
  settings_.packages.request.extra_index_urls = {"https://two.example/simple"};
  inputs_.options.index_url = project::SourcedText{"https://three.example/simple", {}};
  inputs_.options.extra_index_urls = {{"https://four.example/simple", {}}};
  inputs_.options.find_links = {{"/wheels", {}}};
  inputs_.options.trusted_hosts = {{"two.example", {}}};
  inputs_.options.no_index = true;
  EXPECT_THAT(Apply(), IsOkAndHolds(IsEmpty()));
  const index::IndexRequest& request = settings_.packages.request;
  EXPECT_THAT(request.index_url, Optional(std::string("https://one.example/simple")));
  EXPECT_THAT(request.extra_index_urls,
              ElementsAre("https://two.example/simple", "https://four.example/simple"));
  EXPECT_THAT(request.find_links, ElementsAre("/wheels"));
  EXPECT_THAT(request.trusted_hosts, ElementsAre("two.example"));
  EXPECT_EQ(request.use, index::IndexUse::kFindLinksOnly);
}

TEST_F(LockPoliciesTest, ForksAreMadeAsTheNearestSays) {
  Uv().fork_strategy = "fewest";
  EXPECT_EQ(Policies().forks, resolve::ForkPolicy::kFewestVersions);
  wish_.fork_strategy = "requires-python";
  EXPECT_EQ(Policies().forks, resolve::ForkPolicy::kNewestPerPython);
  wish_.fork_strategy = "most";
  EXPECT_THAT(Apply(), HasMessage(HasSubstr("--fork-strategy is 'most'")));
}

TEST_F(LockPoliciesTest, FeaturesOfPipHaveNoEffectAndAreSaid) {
  inputs_.options.features = {{"fast-deps", {"r.txt", 2}}};
  EXPECT_THAT(Apply(), IsOkAndHolds(ElementsAre(HasSubstr("r.txt:2: --use-feature fast-deps"))));
}

}  // namespace
}  // namespace flowstone::app
