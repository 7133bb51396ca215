#include "flowstone/os/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <unistd.h>

#include "flowstone/os/path.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::testing::HasSubstr;

class LeaseTest : public ::testing::Test {
 protected:
  LeaseTest() : directory_(*TempDir::Create(fs_, ::testing::TempDir(), "lease-")) {
    EXPECT_THAT(fs_.MakeDirectory(path_, 0755), IsOk());
  }

  PosixFileSystem fs_;
  TempDir directory_;
  const std::string path_ = JoinPath(directory_.path(), "thing");
};

TEST_F(LeaseTest, ManyHoldADirectoryAndNobodyTakesItOver) {
  const auto one = Lease::Hold(path_);
  const auto two = Lease::Hold(path_);
  ASSERT_TRUE(one && *one && two && *two);
  EXPECT_THAT(Lease::TakeOver(path_), HasCode(ErrorCode::kConflict));
}

TEST_F(LeaseTest, TheHolderIsNamed) {
  const auto held = Lease::Hold(path_);
  ASSERT_TRUE(held && *held);
  const std::optional<LockHolder> holder = FindLockHolder(path_);
  if (!holder) {
    GTEST_SKIP() << "the kernel of this machine does not tell";
  }
  EXPECT_EQ(holder->pid, ::getpid());
  EXPECT_THAT(Lease::TakeOver(path_),
              HasMessage(HasSubstr("in use by process " + std::to_string(::getpid()))));
}

TEST_F(LeaseTest, ItEndsWithItsOwner) {
  { const auto held = Lease::Hold(path_); }
  EXPECT_THAT(Lease::TakeOver(path_), IsOk());
}

TEST_F(LeaseTest, NothingIsHeldWhereNothingIs) {
  const auto held = Lease::Hold(path_ + "-other");
  ASSERT_THAT(held, IsOk());
  EXPECT_FALSE(held->has_value());
  EXPECT_THAT(Lease::TakeOver(path_ + "-other"), HasCode(ErrorCode::kNotFound));
}

TEST_F(LeaseTest, ItGoesWithTheThingToAnotherName) {
  const auto held = Lease::Hold(path_);
  ASSERT_TRUE(held && *held);
  ASSERT_THAT(fs_.Rename(path_, path_ + "-moved"), IsOk());
  EXPECT_THAT(Lease::TakeOver(path_ + "-moved"), HasCode(ErrorCode::kConflict));
}

TEST_F(LeaseTest, AFileIsHeldWithoutBeingWritten) {
  ASSERT_THAT(fs_.OpenOutput(path_ + ".txt", Existing::kRefuse, 0444), IsOk());
  const auto held = Lease::Hold(path_ + ".txt");
  ASSERT_TRUE(held && *held);
  EXPECT_THAT(fs_.ReadFile(path_ + ".txt"), IsOkAndHolds(""));
  EXPECT_THAT(Lease::TakeOver(path_ + ".txt"), HasCode(ErrorCode::kConflict));
}

TEST_F(LeaseTest, ItTellsAndSetsWhenTheThingChanged) {
  const auto held = Lease::Hold(path_);
  ASSERT_TRUE(held && *held);
  ASSERT_THAT((*held)->SetModifiedNs(1'700'000'000'000'000'001), IsOk());
  EXPECT_THAT((*held)->ModifiedNs(), IsOkAndHolds(1'700'000'000'000'000'001));
  EXPECT_EQ(fs_.Lstat(path_)->modified_ns, 1'700'000'000'000'000'001);
}

}  // namespace
}  // namespace flowstone::os
