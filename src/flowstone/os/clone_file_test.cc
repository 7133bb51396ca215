#include "flowstone/os/clone_file.h"

#include <gtest/gtest.h>

#include <string>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using testing::HasCode;
using testing::IsOk;
using testing::IsOkAndHolds;

class CloneFileTest : public ::testing::Test {
 protected:
  std::string In(const std::string& name) const { return directory_.path() + "/" + name; }

  PosixFileSystem files_;
  TempDir directory_ = *TempDir::Create(files_, ::testing::TempDir(), "clone-");
};

TEST_F(CloneFileTest, IsAFileOfItsOwnOrIsNotThere) {
  ASSERT_THAT(ReplaceFile(files_, In("one"), "old"), IsOk());
  const Status cloned = CloneFile(In("one"), In("two"), 0600);
  if (!cloned) {
    EXPECT_THAT(cloned, HasCode(ErrorCode::kInvalid));
    EXPECT_THAT(Exists(files_, In("two")), IsOkAndHolds(false));
    return;
  }
  ASSERT_THAT(ReplaceFile(files_, In("one"), "new"), IsOk());
  EXPECT_THAT(files_.ReadFile(In("two")), IsOkAndHolds("old"));
  EXPECT_EQ(files_.Stat(In("two"))->mode, 0600U);
}

TEST_F(CloneFileTest, ReplacesNothing) {
  ASSERT_THAT(ReplaceFile(files_, In("one"), "x"), IsOk());
  ASSERT_THAT(ReplaceFile(files_, In("two"), "y"), IsOk());
  EXPECT_THAT(CloneFile(In("one"), In("two"), 0644), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(files_.ReadFile(In("two")), IsOkAndHolds("y"));
}

TEST_F(CloneFileTest, OfNothingIsNotFound) {
  EXPECT_THAT(CloneFile(In("absent"), In("two"), 0644), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(Exists(files_, In("two")), IsOkAndHolds(false));
}

}  // namespace
}  // namespace flowstone::os
