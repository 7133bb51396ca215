#include "flowstone/resolve/request_record.h"

#include <gmock/gmock-matchers.h>
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/lock/lock.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/resolve/scenario.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::resolve {
namespace {

using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RequestedRequirement Wanted(const std::string& text, const std::string& origin = "step train") {
  return {.requirement = *pypi::Requirement::Parse(text), .origin = origin};
}

ResolveRequest RequestFor(std::vector<RequestedRequirement> requirements) {
  return {.requirements = std::move(requirements), .target = LinuxTarget("3.12.4")};
}

lock::LockedPackage Package(const std::string& name, const std::string& version) {
  lock::LockedPackage package{.name = *pypi::Name::Parse(name),
                              .version = *pypi::Version::Parse(version)};
  package.wheels.push_back({.name = name + "-" + version + "-py3-none-any.whl",
                            .url = "https://files.example/" + name,
                            .hashes = {{"sha256", std::string(64, 'a')}}});
  return package;
}

lock::Lock LockFor(const ResolveRequest& request) {
  lock::Lock lock{.packages = {Package("alpha", "1.0")}};
  lock.tool = RecordOf(request);
  return lock;
}

TEST(RequestRecord, WhoAsksDoesNotMatterAndOrderDoesNotEither) {
  const ResolveRequest one = RequestFor({Wanted("alpha"), Wanted("beta")});
  const ResolveRequest other =
      RequestFor({Wanted("beta", "step end"), Wanted("alpha", "step end")});
  EXPECT_THAT(Mismatches(LockFor(one), other), IsEmpty());
}

TEST(RequestRecord, ANewRequirementAndADroppedOneAreNamed) {
  const lock::Lock lock = LockFor(RequestFor({Wanted("alpha<2", "step start")}));
  EXPECT_THAT(Mismatches(lock, RequestFor({Wanted("alpha<3")})),
              ElementsAre("it was not made for the requirement alpha<3 (step train)",
                          "it was made for the requirement alpha<2 (step start), which nobody asks "
                          "for now"));
}

TEST(RequestRecord, ThePatchReleaseOfPythonDoesNotMatter) {
  ResolveRequest request = RequestFor({Wanted("alpha")});
  const lock::Lock lock = LockFor(request);
  request.target = LinuxTarget("3.12.9");
  EXPECT_THAT(Mismatches(lock, request), IsEmpty());
}

TEST(RequestRecord, AnotherPythonMatters) {
  ResolveRequest request = RequestFor({Wanted("alpha")});
  lock::Lock lock = LockFor(request);
  lock.requires_python = *pypi::SpecifierSet::Parse("==3.12.*");
  request.target = LinuxTarget("3.11.2");
  EXPECT_THAT(Mismatches(lock, request), ElementsAre(HasSubstr("the lock is for Python ==3.12.*")));
}

TEST(RequestRecord, ACutOffMattersOnlyWhenOneIsAskedFor) {
  ResolveRequest request = RequestFor({Wanted("alpha")});
  request.exclude_newer_us = lock::ParseTimestamp("2026-10-01");
  const lock::Lock lock = LockFor(request);
  request.exclude_newer_us.reset();
  EXPECT_THAT(Mismatches(lock, request), IsEmpty());
  request.exclude_newer_us = lock::ParseTimestamp("2026-11-01");
  EXPECT_THAT(Mismatches(lock, request),
              ElementsAre("its cut-off date is 2026-10-01T00:00:00Z, not 2026-11-01T00:00:00Z"));
}

TEST(RequestRecord, ACutOffThatMovesOnWithTheDaysLeavesALockCurrent) {
  ResolveRequest request = RequestFor({Wanted("alpha")});
  request.exclude_newer_us = lock::ParseTimestamp("2026-10-01");
  const lock::Lock lock = LockFor(request);
  request.exclude_newer_kind = CutOffKind::kAge;
  request.exclude_newer_us = lock::ParseTimestamp("2026-11-01");
  EXPECT_THAT(Mismatches(lock, request), IsEmpty());
  request.exclude_newer_us = lock::ParseTimestamp("2026-09-01");
  EXPECT_THAT(Mismatches(lock, request),
              ElementsAre("its cut-off date is 2026-10-01T00:00:00Z, not 2026-09-01T00:00:00Z"));
}

TEST(RequestRecord, AnotherPolicyIsNamed) {
  ResolveRequest request = RequestFor({Wanted("alpha")});
  const lock::Lock lock = LockFor(request);
  request.policies.resolution = ResolutionMode::kLowest;
  EXPECT_THAT(Mismatches(lock, request), ElementsAre("it was not resolved with resolution=lowest"));
}

TEST(RequestRecord, HowSourcesAreBuiltIsKeptAndMatters) {
  ResolveRequest request = RequestFor({Wanted("alpha")});
  request.builds = {.constraints = {Wanted("setuptools<80", "build.txt:1")},
                    .settings = {{"o", {"2", "1"}}, {"empty", {""}}},
                    .settings_of = {{*pypi::Name::Parse("alpha"), {{"speed", {"a=b"}}}}}};
  const lock::Lock lock = LockFor(request);
  EXPECT_THAT(Mismatches(lock, request), IsEmpty());
  Result<BuildWish> recorded = RecordedBuilds(*lock.tool);
  ASSERT_THAT(recorded, IsOk());
  EXPECT_EQ(recorded->constraints.front().requirement.ToString(), "setuptools<80");
  EXPECT_EQ(recorded->settings, request.builds.settings);
  EXPECT_EQ(recorded->settings_of, request.builds.settings_of);
  request.builds = {.settings = {{"o", {"1"}}}};
  EXPECT_THAT(Mismatches(lock, request),
              ElementsAre("it was made for the build constraint setuptools<80 (build.txt:1), which "
                          "nobody asks for now",
                          "it was not made with the build settings o=1",
                          "it was made with the build settings speed=a=b of alpha, which nobody "
                          "asks for now"));
}

TEST(RequestRecord, WhatBuildsRequireBesidesIsKeptAndMatters) {
  ResolveRequest request = RequestFor({Wanted("alpha")});
  request.builds.requirements_of[*pypi::Name::Parse("alpha")] = {
      {.requirement = *pypi::Requirement::Parse("ninja>=1")},
      {.requirement = *pypi::Requirement::Parse("numpy"), .match = VersionMatch::kRuntime}};
  const lock::Lock lock = LockFor(request);
  EXPECT_THAT(Mismatches(lock, request), IsEmpty());
  Result<BuildWish> recorded = RecordedBuilds(*lock.tool);
  ASSERT_THAT(recorded, IsOk());
  EXPECT_EQ(recorded->requirements_of, request.builds.requirements_of);
  request.builds = {};
  EXPECT_THAT(Mismatches(lock, request),
              ElementsAre("builds of its sources require something else"));
}

TEST(BuildWish, WhoSaysWhatABuildRequiresNeedsNoOpenBuild) {
  const pypi::Name alpha = *pypi::Name::Parse("alpha");
  const pypi::Name beta = *pypi::Name::Parse("beta");
  BuildWish wish{.unisolated_projects = {{alpha, "pyproject.toml:7"}}};
  EXPECT_EQ(wish.UnisolatedBy(alpha), "pyproject.toml:7");
  EXPECT_EQ(wish.UnisolatedBy(beta), "");
  wish.Add({.requirements_of = {{alpha, {{.requirement = *pypi::Requirement::Parse("torch")}}}},
            .unisolated = "UV_NO_BUILD_ISOLATION"});
  EXPECT_EQ(wish.UnisolatedBy(alpha), "");
  EXPECT_EQ(wish.UnisolatedBy(beta), "UV_NO_BUILD_ISOLATION");
}

TEST(BuildWish, SettingsOfOneProjectStandInForThoseOfAll) {
  const pypi::Name alpha = *pypi::Name::Parse("alpha");
  BuildWish wish{.settings = {{"o", {"1"}}, {"p", {"2"}}},
                 .settings_of = {{alpha, {{"o", {"3"}}}}}};
  EXPECT_EQ(wish.SettingsFor(alpha), (BuildWish::Settings{{"o", {"3"}}, {"p", {"2"}}}));
  EXPECT_EQ(wish.SettingsFor(*pypi::Name::Parse("beta")), wish.settings);
  wish.Add({.settings = {{"p", {"4"}}}});
  EXPECT_EQ(wish.SettingsFor(alpha), (BuildWish::Settings{{"o", {"3"}}, {"p", {"4"}}}));
}

TEST(RequestRecord, CredentialsOfADirectReferenceAreNotKept) {
  const lock::ToolTable record =
      RecordOf(RequestFor({Wanted("alpha @ https://user:secret@files.example/alpha-1.0.tar.gz")}));
  EXPECT_EQ(record.requirements.front().text, "alpha @ https://files.example/alpha-1.0.tar.gz");
}

TEST(RequestRecord, ALockOfAnotherToolAnswersWhatItsPackagesSatisfy) {
  const lock::Lock lock{.packages = {Package("alpha", "1.0"), Package("beta", "2.0")}};
  EXPECT_THAT(Mismatches(lock, RequestFor({Wanted("alpha>=1"), Wanted("gamma; os_name == 'nt'")})),
              IsEmpty());
  EXPECT_THAT(Mismatches(lock, RequestFor({Wanted("alpha>=2"), Wanted("gamma")})),
              ElementsAre("it has alpha 1.0, and alpha>=2 (step train) is asked for",
                          "it has no gamma, and gamma (step train) is asked for"));
}

TEST(RequestRecord, AConstraintOfALockOfAnotherToolHoldsForWhatIsThere) {
  const lock::Lock lock{.packages = {Package("alpha", "1.0")}};
  ResolveRequest request = RequestFor({Wanted("alpha")});
  request.constraints = {Wanted("gamma<2", "c.txt:1"), Wanted("alpha<1", "c.txt:2")};
  EXPECT_THAT(Mismatches(lock, request),
              ElementsAre("it has alpha 1.0, and alpha<1 (c.txt:2) is asked for"));
}

}  // namespace
}  // namespace flowstone::resolve
