// The resolver scenarios of this repository.
#include "flowstone/resolve/scenario.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/os/posix_filesystem.h"

namespace flowstone::resolve {
namespace {

Result<Scenario> Load(const std::string& path) {
  os::PosixFileSystem files;
  FLOWSTONE_LET(const std::string text, files.ReadFile(path));
  return ReadScenario(text);
}

std::vector<std::string> OwnScenarios() {
  const auto paths = FindScenarios(std::string(FLOWSTONE_SOURCE_DIR) + "/tests/scenarios");
  return paths ? *paths : std::vector<std::string>();
}

std::string StemOf(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return file.substr(0, file.rfind('.'));
}

class OwnScenario : public ::testing::TestWithParam<std::string> {};

TEST_P(OwnScenario, ComesOutAsWritten) {
  Result<Scenario> scenario = Load(GetParam());
  ASSERT_TRUE(scenario) << scenario.error().ToString();
  EXPECT_EQ(RunScenario(*scenario), "");
}

INSTANTIATE_TEST_SUITE_P(All, OwnScenario, ::testing::ValuesIn(OwnScenarios()),
                         [](const auto& instance) {
                           std::string name = StemOf(instance.param);
                           for (char& c : name) {
                             c = IsAsciiAlnum(c) ? c : '_';
                           }
                           return name;
                         });

TEST(OwnScenarios, AreThere) {
  EXPECT_GE(OwnScenarios().size(), 15U);
}

}  // namespace
}  // namespace flowstone::resolve
