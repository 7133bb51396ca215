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
  EXPECT_EQ(settings.general.no_build.of_all, true);
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
  EXPECT_EQ(pip.kind, UvTable::Kind::kPip);
  EXPECT_EQ(pip.only_binary.of_all, true);
  EXPECT_EQ(pip.no_build.of_all, std::nullopt);
  EXPECT_THAT(pip.no_binary.of, ElementsAre(*pypi::Name::Parse("numpy")));
  EXPECT_EQ(pip.require_hashes, true);
  EXPECT_EQ(settings->general.resolution, "lowest");
}

TEST(UvSettingsTest, TheLastWordAboutAllForgetsTheOnesBefore) {
  const UvSettings settings = SettingsOfUvToml(
      "[pip]\nonly-binary = [\":all:\", \"a\", \":none:\", \"b\"]\nno-build = false\n");
  ASSERT_TRUE(settings.of_pip.has_value());
  EXPECT_EQ(settings.of_pip->only_binary.of_all, std::nullopt);
  EXPECT_THAT(settings.of_pip->only_binary.of, ElementsAre(*pypi::Name::Parse("b")));
  EXPECT_EQ(settings.of_pip->no_build.of_all, false);
}

TEST(UvSettingsTest, PrereleasesOfSingleProjects) {
  const UvSettings settings =
      SettingsOfUvToml("prerelease-package = { Alpha = \"allow\", beta = \"disallow\" }\n");
  EXPECT_EQ(settings.general.prerelease_package.at(*pypi::Name::Parse("alpha")), "allow");
  EXPECT_EQ(settings.general.prerelease_package.at(*pypi::Name::Parse("beta")), "disallow");
  EXPECT_THAT(settings.general.not_obeyed, IsEmpty());
}

TEST(UvSettingsTest, ThatBuildsAreToBeIsolatedIsSaidWithFalse) {
  EXPECT_TRUE(SettingsOfUvToml("no-build-isolation = false\n").general.wants_build_isolation);
  EXPECT_FALSE(SettingsOfUvToml("no-build-isolation = true\n").general.wants_build_isolation);
  EXPECT_FALSE(SettingsOfUvToml("").general.wants_build_isolation);
}

TEST(UvSettingsTest, MetadataIsStatedInPlaceOfWhatReleasesPublish) {
  const UvSettings settings = SettingsOfUvToml(
      "[[dependency-metadata]]\nname = \"Chumpy\"\nversion = \"0.70\"\n"
      "requires-dist = [\"numpy>=1.8\", \"six; extra == 'old'\"]\nrequires-python = \">=3.8\"\n"
      "provides-extra = [\"old\"]\n"
      "[[dependency-metadata]]\nname = \"other\"\nprovides-extras = [\"tls\"]\n");
  ASSERT_EQ(settings.general.stated_metadata.size(), 2U);
  const pypi::StatedMetadata& chumpy = settings.general.stated_metadata[0];
  EXPECT_EQ(chumpy.name.ToString(), "chumpy");
  ASSERT_TRUE(chumpy.version.has_value());
  EXPECT_EQ(chumpy.version->ToString(), "0.70");
  EXPECT_EQ(chumpy.ToString(),
            "requires-dist numpy>=1.8, requires-dist six; extra == \"old\", "
            "requires-python >=3.8, provides-extra old");
  const pypi::StatedMetadata& other = settings.general.stated_metadata[1];
  EXPECT_FALSE(other.version.has_value());
  EXPECT_EQ(other.ToString(), "provides-extra tls");
  EXPECT_THAT(settings.general.not_obeyed, IsEmpty());
}

TEST(UvSettingsTest, MetadataThatCannotBeIsAnErrorWithItsLine) {
  const auto error_of = [](const std::string& entry) {
    const auto settings =
        ParseUvTomlSettings("[[dependency-metadata]]\n" + entry + "\n", "uv.toml", "/work");
    return settings ? "" : settings.error().message;
  };
  EXPECT_EQ(error_of("version = \"1\""), "uv.toml:1: dependency-metadata[0]: has no name");
  EXPECT_THAT(error_of("name = \"a\"\nversion = \"one\""),
              HasSubstr("uv.toml:3: dependency-metadata[0].version: "));
  EXPECT_THAT(error_of("name = \"a\"\nrequires-dist = [\"b >\"]"),
              HasSubstr("uv.toml:3: dependency-metadata[0].requires-dist: "));
  EXPECT_EQ(error_of("name = \"a\"\nrequires_dist = []"),
            "uv.toml:3: dependency-metadata[0].requires_dist: there is no such key");
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
