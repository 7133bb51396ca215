#include "flowstone/cli/project_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/option_table.h"
#include "flowstone/os/fake_clock.h"
#include "flowstone/os/fake_process_runner.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::cli {
namespace {

using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ProjectOptionsTest : public ::testing::Test {
 protected:
  void Write(const std::string& table) {
    ASSERT_THAT(os::MakeDirectories(files_, "/work"), IsOk());
    ASSERT_THAT(os::ReplaceFile(files_, "/work/pyproject.toml", "[tool.flowstone]\n" + table),
                IsOk());
  }

  Status Apply(const std::vector<std::string>& typed, os::Environment::Variables variables = {}) {
    const os::Environment environment(std::move(variables));
    const app::Machine machine{.filesystem = files_,
                               .processes = processes_,
                               .clock = clock_,
                               .environment = environment,
                               .working_directory = "/work"};
    Console console(environment);
    const CommandSpec spec = EngineCommandSpec();
    auto parsed = ParseArguments(spec, typed, environment, 80);
    FLOWSTONE_TRY(parsed);
    arguments_ = std::get<ParsedArguments>(*parsed);
    return ApplyProjectSettings(machine, "/work", spec, console, arguments_);
  }

  os::MemoryFileSystem files_;
  os::FakeProcessRunner processes_{[](const auto&, const auto&) { return os::Exited(1); }};
  os::FakeClock clock_;
  ParsedArguments arguments_;
};

TEST_F(ProjectOptionsTest, EveryKeyOfAProjectIsAnOptionOfLock) {
  const CommandSpec root = EngineCommandSpec();
  const auto lock = std::ranges::find(root.commands, "lock", &CommandSpec::name);
  for (const std::string_view key : project::ProjectSettingKeys()) {
    EXPECT_THAT(lock->options, ::testing::Contains(std::string(key)));
  }
}

TEST_F(ProjectOptionsTest, StandsInForWhatNobodyGave) {
  Write("resolution = 'lowest'\ntarget = ['linux-x86_64', 'macos-arm64']\nrequire-hashes = true\n");
  ASSERT_THAT(Apply({"lock"}), IsOk());
  EXPECT_EQ(arguments_.Value("resolution"), "lowest");
  EXPECT_THAT(arguments_.Values("target"), ElementsAre("linux-x86_64", "macos-arm64"));
  EXPECT_TRUE(arguments_.Has("require-hashes"));
  EXPECT_EQ(arguments_.Shown("resolution"), "pyproject.toml:2: tool.flowstone.resolution");
  EXPECT_EQ(arguments_.Shown("python"), "--python");
}

TEST_F(ProjectOptionsTest, OptionsAndVariablesCountBeforeTheProject) {
  Write("resolution = 'lowest'\nexclude = ['alpha']\nbuild-network = true\n");
  ASSERT_THAT(Apply({"lock", "--resolution", "highest"},
                    {{"FLOWSTONE_EXCLUDE", "beta"}, {"FLOWSTONE_BUILD_NETWORK", "0"}}),
              IsOk());
  EXPECT_EQ(arguments_.Value("resolution"), "highest");
  EXPECT_FALSE(arguments_.Has("exclude"));  // whoever reads the option reads its variable
  EXPECT_FALSE(arguments_.Has("build-network"));
  EXPECT_THAT(arguments_.origins, IsEmpty());
}

TEST_F(ProjectOptionsTest, AnAlternativeGivenByHandReplacesTheOtherOne) {
  Write("universal = true\nprerelease = 'disallow'\n");
  ASSERT_THAT(Apply({"lock", "--target", "macos-arm64", "--pre"}), IsOk());
  EXPECT_FALSE(arguments_.Has("universal"));
  EXPECT_FALSE(arguments_.Has("prerelease"));
}

TEST_F(ProjectOptionsTest, ASwitchThatIsOffIsNotGiven) {
  Write("allow-build = false\n");
  ASSERT_THAT(Apply({"lock"}), IsOk());
  EXPECT_FALSE(arguments_.Has("allow-build"));
}

TEST_F(ProjectOptionsTest, IndexesAreLeftToThoseWhoReadThemWithTheOtherConfigurations) {
  Write("index-url = 'https://index.example/simple'\n");
  ASSERT_THAT(Apply({"lock"}, {{"PIP_INDEX_URL", "https://pip.example/simple"}}), IsOk());
  EXPECT_FALSE(arguments_.Has("index-url"));
  EXPECT_TRUE(arguments_.origins.contains("index-url"));
  EXPECT_EQ(arguments_.project_file, "/work/pyproject.toml");
}

TEST_F(ProjectOptionsTest, ACommandWithoutSuchOptionsDoesNotLook) {
  Write("nonsense = 1\n");
  EXPECT_THAT(Apply({"tree"}), IsOk());
  EXPECT_THAT(Apply({"sync", "pylock.toml"}),
              HasMessage(HasSubstr("pyproject.toml:2: tool.flowstone.nonsense")));
}

}  // namespace
}  // namespace flowstone::cli
