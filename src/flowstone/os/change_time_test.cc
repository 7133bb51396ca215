#include "flowstone/os/change_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;

TEST(ChangeTime, IsNotThatOfModification) {
  PosixFileSystem filesystem;
  const TempDir directory = *TempDir::Create(filesystem, ::testing::TempDir(), "change-");
  const std::string path = directory.path() + "/file";
  ASSERT_THAT(ReplaceFile(filesystem, path, "text"), IsOk());
  const Result<std::int64_t> written = ChangeTimeNs(path);
  ASSERT_THAT(written, IsOk());
  ASSERT_THAT(filesystem.SetModifiedTime(path, 1), IsOk());
  EXPECT_EQ(filesystem.Stat(path)->modified_ns, 1);
  EXPECT_GE(*ChangeTimeNs(path), *written);
}

TEST(ChangeTime, IsOfAFileThatIsThere) {
  EXPECT_THAT(ChangeTimeNs("/nowhere/file"), HasCode(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace flowstone::os
