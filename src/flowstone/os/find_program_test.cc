#include "flowstone/os/find_program.h"

#include <gtest/gtest.h>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;

TEST(FindProgram, SearchesThePathInOrder) {
  PosixFileSystem fs;
  const TempDir directory = *TempDir::Create(fs, ::testing::TempDir(), "path-");
  const std::string plain = JoinPath(directory.path(), "plain");
  const std::string tool = JoinPath(directory.path(), "tool");
  ASSERT_THAT(ReplaceFile(fs, plain, "", 0644), IsOk());
  ASSERT_THAT(ReplaceFile(fs, tool, "", 0755), IsOk());
  EXPECT_THAT(FindProgram("tool", "/no/such:" + directory.path()), IsOkAndHolds(tool));
  EXPECT_THAT(FindProgram("plain", directory.path()), HasCode(ErrorCode::kDenied));
  EXPECT_THAT(FindProgram("other", directory.path()), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(FindProgram("tool", ":" + directory.path()), IsOkAndHolds(tool));
  EXPECT_THAT(FindProgram("a/b", ""), IsOkAndHolds("a/b"));
}

}  // namespace
}  // namespace flowstone::os
