#include "flowstone/os/executable_path.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::IsOk;

TEST(ExecutablePath, NamesTheFileOfThisProcess) {
  const Result<std::string> path = ExecutablePath();
  ASSERT_THAT(path, IsOk());
  EXPECT_TRUE(path->starts_with("/"));
  EXPECT_TRUE(std::filesystem::equivalent(*path, "/proc/self/exe"));
}

}  // namespace
}  // namespace flowstone::os
