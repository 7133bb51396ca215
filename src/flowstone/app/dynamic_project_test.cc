#include "flowstone/app/dynamic_project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::app {
namespace {

using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

project::PyProject Document(const std::string& fields) {
  auto document = project::ParsePyProject("[project]\nname = 'demo'\nversion = '1'\n" + fields,
                                          "pyproject.toml", "/work");
  EXPECT_THAT(document, IsOk());
  return *std::move(document);
}

std::vector<std::string> Texts(const std::vector<project::WrittenRequirement>& requirements) {
  std::vector<std::string> texts;
  texts.reserve(requirements.size());
  for (const project::WrittenRequirement& written : requirements) {
    texts.push_back(written.requirement.ToString());
  }
  return texts;
}

constexpr const char* kMetadata =
    "Metadata-Version: 2.1\nName: demo\nVersion: 1\nRequires-Python: >=3.9\n"
    "Requires-Dist: base>=1\nRequires-Dist: windows; os_name == 'nt'\nProvides-Extra: plot\n"
    "Requires-Dist: figure; extra == 'plot'\nRequires-Dist: axis; extra == 'plot' and "
    "os_name == 'nt'\n";

TEST(DynamicProjectTest, TheBackendSaysWhatTheDocumentLeavesOpen) {
  const project::PyProject document =
      Document("dynamic = ['dependencies', 'optional-dependencies', 'requires-python']\n");
  EXPECT_TRUE(IsDynamic(document));
  const auto complete = WithMetadata(document, kMetadata);
  ASSERT_THAT(complete, IsOk());
  EXPECT_FALSE(IsDynamic(*complete));
  const project::ProjectTable& table = *complete->project;
  EXPECT_THAT(Texts(table.dependencies), ElementsAre("base>=1", "windows; os_name == \"nt\""));
  EXPECT_THAT(Texts(table.optional_dependencies.at(*pypi::ExtraName::Parse("plot"))),
              ElementsAre("figure", "axis; os_name == \"nt\""));
  EXPECT_EQ(table.requires_python.ToString(), ">=3.9");
}

TEST(DynamicProjectTest, WhatTheDocumentStatesStays) {
  const auto complete = WithMetadata(
      Document("dependencies = ['stated']\ndynamic = ['optional-dependencies']\n"), kMetadata);
  ASSERT_THAT(complete, IsOk());
  EXPECT_THAT(Texts(complete->project->dependencies), ElementsAre("stated"));
  EXPECT_EQ(complete->project->optional_dependencies.size(), 1U);
}

TEST(DynamicProjectTest, ADynamicVersionLeavesNothingOpenThatMatters) {
  EXPECT_FALSE(IsDynamic(*project::ParsePyProject(
      "[project]\nname = 'demo'\ndynamic = ['version']\n", "pyproject.toml", "/work")));
}

TEST(DynamicProjectTest, MetadataThatCannotBeReadNamesTheDocument) {
  EXPECT_THAT(WithMetadata(Document("dynamic = ['dependencies']\n"), "Name: demo\n"),
              HasMessage(HasSubstr("Version")));
}

}  // namespace
}  // namespace flowstone::app
