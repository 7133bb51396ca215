#include "flowstone/project/uv_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::project {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

UvSettings SettingsOfUvToml(const std::string& text) {
  auto settings = ParseUvTomlSettings(text, "uv.toml", "/work");
  EXPECT_THAT(settings, IsOk());
  return settings ? *std::move(settings) : UvSettings();
}

TEST(UvSettingsTest, AUvTomlIsATableWithoutAName) {
  const UvSettings settings = SettingsOfUvToml("resolution = \"lowest\"\nno-build = true\n");
  EXPECT_EQ(settings.general.resolution, "lowest");
  EXPECT_TRUE(settings.general.no_build);
  EXPECT_EQ(settings.general.Shown("resolution"), "uv.toml: resolution");
  EXPECT_FALSE(settings.of_pip.has_value());
}

TEST(UvSettingsTest, SettingsOfUvPipStandApart) {
  const auto settings = ParsePyprojectUvSettings(
      "[tool.uv]\nresolution = \"lowest\"\n"
      "[tool.uv.pip]\nresolution = \"highest\"\nonly-binary = [\":all:\"]\n"
      "no-binary = [\"numpy\"]\nrequire-hashes = true\n",
      "pyproject.toml", "/work");
  ASSERT_THAT(settings, IsOk());
  ASSERT_TRUE(settings->of_pip.has_value());
  const UvTable& pip = *settings->of_pip;
  EXPECT_EQ(pip.resolution, "highest");
  EXPECT_EQ(pip.Shown("resolution"), "pyproject.toml: tool.uv.pip.resolution");
  EXPECT_TRUE(pip.no_build);
  EXPECT_THAT(pip.no_binary_package, ElementsAre(*pypi::Name::Parse("numpy")));
  EXPECT_TRUE(pip.require_hashes);
  EXPECT_EQ(settings->general.resolution, "lowest");
}

TEST(UvSettingsTest, AProjectWithoutATableSaysNothing) {
  const auto settings =
      ParsePyprojectUvSettings("[project]\nname = \"demo\"\n", "pyproject.toml", "/work");
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->general.resolution, std::nullopt);
}

TEST(UvSettingsTest, WhatWouldChangeTheAnswerAndIsNotObeyedIsNamed) {
  const UvSettings settings = SettingsOfUvToml(
      "torch-backend = \"auto\"\ncache-dir = \"/tmp\"\nsome-new-thing = 1\nupgrade = false\n"
      "dependency-metadata = []\n[pip]\npython-version = \"3.9\"\nno-annotate = true\n");
  EXPECT_THAT(settings.general.not_obeyed,
              ElementsAre("uv.toml:3: some-new-thing", "uv.toml:1: torch-backend"));
  EXPECT_THAT(settings.of_pip->not_obeyed, ElementsAre("uv.toml:7: pip.python-version"));
}

TEST(UvSettingsTest, WhatIsObeyedIsNotNamed) {
  const auto settings = ParsePyprojectUvSettings(
      "[tool.uv]\nexclude-newer = 2026-01-01\nindex-strategy = \"first-index\"\n"
      "environments = [\"sys_platform == 'linux'\"]\nconstraint-dependencies = [\"six<2\"]\n"
      "[tool.uv.sources]\ndemo = { path = \"demo\" }\n"
      "[[tool.uv.index]]\nurl = \"https://index.example/simple\"\n",
      "pyproject.toml", "/work");
  ASSERT_THAT(settings, IsOk());
  EXPECT_THAT(settings->general.not_obeyed, IsEmpty());
}

TEST(UvSettingsTest, ValuesThatCannotBeAreErrorsWithTheirPlace) {
  EXPECT_THAT(ParseUvTomlSettings("\nresolution = 3\n", "uv.toml", "/work"),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("uv.toml:2: resolution"))));
  EXPECT_THAT(ParseUvTomlSettings("[pip]\nno-build = [\"a b\"]\n", "uv.toml", "/work"),
              HasMessage(HasSubstr("uv.toml:2: pip.no-build")));
}

TEST(UvSettingsTest, VariablesOfBuildsBelongToProjects) {
  const UvSettings settings =
      SettingsOfUvToml("[extra-build-variables]\nflash = { MAX_JOBS = \"4\" }\n");
  const auto& variables = settings.general.extra_build_variables;
  EXPECT_EQ(variables.at(*pypi::Name::Parse("flash")).at("MAX_JOBS"), "4");
}

}  // namespace
}  // namespace flowstone::project
