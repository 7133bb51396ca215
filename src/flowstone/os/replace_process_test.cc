#include "flowstone/os/replace_process.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include "flowstone/os/host_name.h"
#include "flowstone/os/working_directory.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;

TEST(ReplaceProcess, TheOtherProgramEndsInOurPlace) {
  EXPECT_EXIT((void)ReplaceProcess({"/bin/sh", "-c", "exit $CODE"}, {{"CODE", "7"}}),
              ::testing::ExitedWithCode(7), "");
}

TEST(ReplaceProcess, AMissingProgramIsNotFound) {
  EXPECT_THAT(ReplaceProcess({"/no/such/program"}, {}), HasCode(ErrorCode::kNotFound));
}

TEST(WorkingDirectory, IsAbsolute) {
  const Result<std::string> directory = WorkingDirectory();
  ASSERT_THAT(directory, IsOk());
  EXPECT_TRUE(directory->starts_with('/'));
}

TEST(ProcessId, IsThatOfThisProcess) {
  EXPECT_EQ(ProcessId(), ::getpid());
  EXPECT_FALSE(HostName().empty());
}

}  // namespace
}  // namespace flowstone::os
