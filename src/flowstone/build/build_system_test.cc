#include "flowstone/build/build_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::build {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;

TEST(BuildSystemTest, WithoutATableItIsSetuptools) {
  const auto system = ParseBuildSystem("[tool.x]\n");
  ASSERT_THAT(system, IsOk());
  EXPECT_EQ(system->backend, "setuptools.build_meta:__legacy__");
  EXPECT_EQ(system->requirements.at(0).ToString(), "setuptools>=40.8.0");
  const auto only = ParseBuildSystem("[build-system]\nrequires = ['x']\n");
  ASSERT_THAT(only, IsOk());
  EXPECT_EQ(only->backend, "setuptools.build_meta:__legacy__");
}

TEST(BuildSystemTest, IsReadAndRemembered) {
  const auto system = ParseBuildSystem(
      "[build-system]\nrequires = ['b', 'a>=1']\nbuild-backend = 'm:o'\nbackend-path = ['x']\n");
  ASSERT_THAT(system, IsOk());
  const auto again = BuildSystem::FromJson(system->CanonicalJson());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->CanonicalJson(), system->CanonicalJson());
  EXPECT_EQ(again->backend, "m:o");
  EXPECT_THAT(BuildSystem::FromJson("{}"), HasCode(ErrorCode::kCorrupt));
}

TEST(BuildSystemTest, WhatTheStandardsForbidIsNamed) {
  EXPECT_THAT(ParseBuildSystem("[build-system]\nbuild-backend = 'x'\n"),
              HasMessage(HasSubstr("it has no 'requires'")));
  EXPECT_THAT(ParseBuildSystem("[build-system]\nrequires = []\nbuild-backend = 'x'\n"
                               "backend-path = ['../up']\n"),
              HasMessage(HasSubstr("leads out of the project")));
  EXPECT_THAT(ParseBuildSystem("[project\n"), HasMessage(HasSubstr("line 1")));
}

// What [project] holds is the backend's to judge.
TEST(BuildSystemTest, OtherTablesAreNotLookedAt) {
  EXPECT_THAT(ParseBuildSystem("[build-system]\nrequires = []\n[project]\nname = 7\n"), IsOk());
}

}  // namespace
}  // namespace flowstone::build
