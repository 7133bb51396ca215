#include "flowstone/project/project_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::project {
namespace {

using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ProjectSettings Settings(std::string_view table) {
  const std::string text = "[tool.flowstone]\n" + std::string(table);
  auto settings = ParseProjectSettings(text, "pyproject.toml", "/work/pyproject.toml");
  EXPECT_TRUE(settings.has_value()) << settings.error().ToString();
  return settings && *settings ? **settings : ProjectSettings();
}

Error WrongSettings(std::string_view table) {
  const std::string text = "[tool.flowstone]\n" + std::string(table);
  const auto settings = ParseProjectSettings(text, "pyproject.toml", "/work/pyproject.toml");
  EXPECT_FALSE(settings.has_value());
  return settings ? Error{} : settings.error();
}

std::vector<std::string> Values(const ProjectSettings& settings, const std::string& key) {
  const auto found = settings.values.find(key);
  return found == settings.values.end() ? std::vector<std::string>{"(absent)"}
                                        : found->second.values;
}

TEST(ProjectSettingsTest, AKeyIsTheNameOfAnOptionAndKnowsItsLine) {
  const ProjectSettings settings = Settings("python = '3.12'\n\nresolution = 'lowest'\n");
  EXPECT_THAT(Values(settings, "resolution"), ElementsAre("lowest"));
  EXPECT_EQ(settings.values.at("resolution").shown, "pyproject.toml:4: tool.flowstone.resolution");
  EXPECT_EQ(settings.path, "/work/pyproject.toml");
}

TEST(ProjectSettingsTest, ListsMayBeOneText) {
  const ProjectSettings settings =
      Settings("only-binary = ':all:'\ntarget = ['linux-x86_64', 'macos-arm64']\n");
  EXPECT_THAT(Values(settings, "only-binary"), ElementsAre(":all:"));
  EXPECT_THAT(Values(settings, "target"), ElementsAre("linux-x86_64", "macos-arm64"));
}

TEST(ProjectSettingsTest, FilesStartAtTheFileThatNamesThem) {
  const ProjectSettings settings =
      Settings("constraint = ['limits.txt', 'https://files.example/limits.txt']\n");
  EXPECT_THAT(Values(settings, "constraint"),
              ElementsAre("/work/limits.txt", "https://files.example/limits.txt"));
}

TEST(ProjectSettingsTest, DatesAreTextsOrDates) {
  const ProjectSettings settings = Settings(
      "exclude-newer = 2026-11-01\n"
      "[tool.flowstone.exclude-newer-package]\npandas = '14 days'\nnumpy = false\n");
  EXPECT_THAT(Values(settings, "exclude-newer"), ElementsAre("2026-11-01"));
  EXPECT_THAT(Values(settings, "exclude-newer-package"),
              ElementsAre("numpy=false", "pandas=14 days"));
}

TEST(ProjectSettingsTest, TablesBecomeWhatTheirOptionsTake) {
  const ProjectSettings settings = Settings(
      "index-for = { torch = 'accelerated' }\n"
      "config-settings = { speed = 'high', define = ['a', 'b'] }\n"
      "config-settings-package = { numpy = { blas = 'none' } }\n"
      "build-timeout = 60\nallow-build = true\n");
  EXPECT_THAT(Values(settings, "index-for"), ElementsAre("torch=accelerated"));
  EXPECT_THAT(Values(settings, "config-settings"),
              ElementsAre("define=a", "define=b", "speed=high"));
  EXPECT_THAT(Values(settings, "config-settings-package"), ElementsAre("numpy:blas=none"));
  EXPECT_THAT(Values(settings, "build-timeout"), ElementsAre("60"));
  EXPECT_THAT(Values(settings, "allow-build"), ElementsAre("true"));
}

TEST(ProjectSettingsTest, AnUnknownKeyIsAnErrorThatNamesTheNearest) {
  const Error error = WrongSettings("resolutoin = 'lowest'\n");
  EXPECT_EQ(error.message, "pyproject.toml:2: tool.flowstone.resolutoin: there is no such setting");
  EXPECT_THAT(error.hints, ElementsAre("did you mean 'resolution'?"));
}

TEST(ProjectSettingsTest, WhatConcernsAMachineIsNoSettingOfAProject) {
  const Error error = WrongSettings("trusted-host = ['index.example']\n");
  EXPECT_THAT(error.hints, ElementsAre(HasSubstr("--trusted-host")));
}

TEST(ProjectSettingsTest, AnIndexHasItsOwnKeys) {
  const Error error =
      WrongSettings("[[tool.flowstone.index]]\nnmae = 'corp'\nurl = 'https://index.example'\n");
  EXPECT_EQ(error.message,
            "pyproject.toml:3: tool.flowstone.index[0].nmae: there is no such setting");
  EXPECT_THAT(error.hints, ElementsAre("did you mean 'name'?"));
}

TEST(ProjectSettingsTest, AValueOfTheWrongTypeNamesItsLine) {
  EXPECT_EQ(WrongSettings("allow-build = 'yes'\n").message,
            "pyproject.toml:2: tool.flowstone.allow-build: must be true or false");
  EXPECT_EQ(WrongSettings("index-for = { torch = 1 }\n").message,
            "pyproject.toml:2: tool.flowstone.index-for.torch: must be a string");
  EXPECT_EQ(WrongSettings("exclude-newer = true\n").message,
            "pyproject.toml:2: tool.flowstone.exclude-newer: must be a date, a duration or false");
}

TEST(ProjectSettingsTest, LoginsAreOnlyReferredTo) {
  for (const char* url :
       {"https://me:secret@index.example/simple", "https://token@index.example"}) {
    for (const std::string& setting :
         {"index-url = '" + std::string(url) + "'", "find-links = ['" + std::string(url) + "']",
          "[[tool.flowstone.index]]\nurl = '" + std::string(url) + "'"}) {
      const Error error = WrongSettings(setting + "\n");
      EXPECT_THAT(error.message, HasSubstr("must not hold a login")) << setting;
      EXPECT_EQ(error.ToString().find("secret"), std::string::npos);
    }
  }
  EXPECT_THAT(Values(Settings("index-url = 'https://${USER}:${PASSWORD}@index.example/simple'\n"),
                     "index-url"),
              ElementsAre("https://${USER}:${PASSWORD}@index.example/simple"));
}

TEST(ProjectSettingsTest, TheNearestFileWithSettingsCounts) {
  os::MemoryFileSystem files;
  ASSERT_THAT(os::MakeDirectories(files, "/work/member"), IsOk());
  ASSERT_THAT(os::ReplaceFile(files, "/work/pyproject.toml", "[tool.flowstone]\npython = '3.11'\n"),
              IsOk());
  ASSERT_THAT(os::ReplaceFile(files, "/work/member/pyproject.toml",
                              "[project]\nname = 'flowstone-member'\n"),
              IsOk());
  const auto found = FindProjectSettings(files, "/work/member", "/work/member");
  ASSERT_TRUE(found.has_value() && found->has_value());
  EXPECT_EQ((**found).path, "/work/pyproject.toml");
  EXPECT_EQ((**found).values.at("python").shown, "../pyproject.toml:2: tool.flowstone.python");
  const auto none = FindProjectSettings(files, "/", "/");
  ASSERT_TRUE(none.has_value());
  EXPECT_FALSE(none->has_value());
}

}  // namespace
}  // namespace flowstone::project
