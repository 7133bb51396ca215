#include "flowstone/os/running_programs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/os/executable_path.h"
#include "flowstone/os/path.h"

namespace flowstone::os {
namespace {

TEST(RunningProgramsTest, ThisTestIsFoundWhereItsProgramLies) {
  const auto program = ExecutablePath();
  ASSERT_TRUE(program.has_value());
  const std::optional<LockHolder> found = RunningPrograms::Look().FindIn(DirName(*program));
  if (!found) {
    GTEST_SKIP() << "it was started by a relative path";
  }
  EXPECT_FALSE(found->program.empty());
}

TEST(RunningProgramsTest, NothingRunsWhereNothingIs) {
  EXPECT_FALSE(RunningPrograms::Look().FindIn("/no/such/directory").has_value());
}

}  // namespace
}  // namespace flowstone::os
