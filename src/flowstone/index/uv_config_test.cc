#include "flowstone/index/uv_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/os/path.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class UvConfigTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    ASSERT_THAT(os::MakeDirectories(files_, os::DirName(path)), IsOk());
    ASSERT_THAT(os::ReplaceFile(files_, path, text), IsOk());
  }
  Result<UvConfig> Load(os::Environment::Variables variables = {}) {
    variables.try_emplace("HOME", "/home/ada");
    return LoadUvConfig("/work/flows/deep", "/work/flows/deep",
                        os::Environment(std::move(variables)), files_);
  }
  std::vector<std::string> Files(os::Environment::Variables variables = {}) {
    const UvConfig config = *Load(std::move(variables));
    std::vector<std::string> paths;
    paths.reserve(config.files.size());
    for (const UvConfigFile& file : config.files) {
      paths.push_back(file.path);
    }
    return paths;
  }

  os::MemoryFileSystem files_;
};

TEST_F(UvConfigTest, TheNearestProjectThenTheUserThenTheSystem) {
  Write("/etc/uv/uv.toml", "no-index = true");
  Write("/home/ada/.config/uv/uv.toml", "");
  Write("/work/pyproject.toml", "[tool.uv]\nno-index = true");
  EXPECT_THAT(Files(), ElementsAre("/work/pyproject.toml", "/home/ada/.config/uv/uv.toml",
                                   "/etc/uv/uv.toml"));
  Write("/work/flows/uv.toml", "");
  EXPECT_EQ(Files().front(), "/work/flows/uv.toml");
  EXPECT_THAT(Files({{"UV_NO_CONFIG", "1"}}), IsEmpty());
  EXPECT_THAT(Files({{"UV_CONFIG_FILE", "/etc/uv/uv.toml"}}), ElementsAre("/etc/uv/uv.toml"));
}

TEST_F(UvConfigTest, AProjectWithoutSettingsDoesNotEndTheSearch) {
  Write("/work/pyproject.toml", "[tool.uv]\nno-index = true");
  Write("/work/flows/pyproject.toml", "[project]\nname = \"uv-less\"");
  EXPECT_THAT(Files(), ElementsAre("/work/pyproject.toml"));
}

TEST_F(UvConfigTest, ATableOfUvEndsTheSearchWhateverItSays) {
  Write("/work/pyproject.toml", "[tool.uv]\nno-index = true");
  Write("/work/flows/pyproject.toml", "[tool.uv]\nresolution = \"lowest\"");
  EXPECT_THAT(Files(), ElementsAre("/work/flows/pyproject.toml"));
  EXPECT_EQ(Load()->files.front().kind, UvFileKind::kPyproject);
  EXPECT_THAT(Load()->files.front().text, HasSubstr("lowest"));
}

TEST_F(UvConfigTest, SourcesThatAreSwitchedOffPinNothing) {
  const std::string sources = "[tool.uv.sources]\ntorch = {index = \"cpu\"}\nsix = {index = \"a\"}";
  Write("/work/pyproject.toml", "[tool.uv]\nno-sources-package = [\"torch\"]\n" + sources);
  EXPECT_THAT(Load()->files.at(0).pins, SizeIs(1));
  Write("/work/pyproject.toml", "[tool.uv]\nno-sources = true\n" + sources);
  EXPECT_THAT(Load()->files.at(0).pins, IsEmpty());
}

TEST_F(UvConfigTest, BesideUvTomlOnlySourcesOfTheProjectCount) {
  Write("/work/uv.toml", "index-url = \"https://a.example/\"");
  Write("/work/pyproject.toml",
        "[tool.uv]\nno-index = true\n[tool.uv.sources]\ntorch = {index = \"cpu\"}");
  const UvConfigFile file = Load()->files.at(0);
  EXPECT_FALSE(file.values.contains("no-index"));
  EXPECT_EQ(file.pins.at(*pypi::Name::Parse("torch")), "cpu");
}

TEST_F(UvConfigTest, SettingsGoByPipsNames) {
  const auto file = ParseUvToml(
      "find-links = [\"a b\", \"c\"]\nallow-insecure-host = [\"h\"]\nno-index = false\n"
      "[pip]\nindex-strategy = \"unsafe-best-match\"",
      "uv.toml");
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->values.at("find-links"), ElementsAre("a b", "c"));
  EXPECT_THAT(file->values.at("trusted-host"), ElementsAre("h"));
  EXPECT_THAT(file->values.at("no-index"), ElementsAre("false"));
  EXPECT_THAT(file->values.at("index-strategy"), ElementsAre("unsafe-best-match"));
}

TEST_F(UvConfigTest, MistakesNameFileLineAndKey) {
  EXPECT_THAT(ParseUvToml("\nindex-url = 1", "/uv.toml"),
              HasMessage(AllOf(HasSubstr("/uv.toml line 2"), HasSubstr("index-url"))));
  EXPECT_THAT(ParseUvToml("\n\n= 1", "/uv.toml"), HasMessage(HasSubstr("/uv.toml line 3")));
  EXPECT_THAT(ParseUvToml("[[index]]\nurl = \"https://a.example\"\nexplicit = true", "/uv.toml"),
              HasMessage(HasSubstr("needs a name")));
  EXPECT_THAT(ParseUvToml("[[index]]\nname = \"x\"", "/uv.toml"), HasMessage(HasSubstr("url")));
}

TEST_F(UvConfigTest, OnlyASourceThatAlwaysHoldsPins) {
  const auto file = ParsePyprojectUv(
      "[tool.uv.sources]\na = [{index = \"cpu\", marker = \"os_name == 'nt'\"}, {index = "
      "\"gpu\"}]\n"
      "b = [{index = \"cpu\"}]\nc = {index = \"cpu\", extra = \"small\"}\nd = {path = \"d\"}",
      "/p");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->pins.size(), 1U);
  EXPECT_EQ(file->pins.at(*pypi::Name::Parse("b")), "cpu");
}

TEST_F(UvConfigTest, ABrokenProjectFileIsAWarning) {
  Write("/work/pyproject.toml", "tool.uv = {");
  const auto config = Load();
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("/work/pyproject.toml line 1")));
}

}  // namespace
}  // namespace flowstone::index
