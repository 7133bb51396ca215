#include "flowstone/os/file_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;

class FileLockTest : public ::testing::Test {
 protected:
  FileLockTest() : directory_(*TempDir::Create(fs_, ::testing::TempDir(), "lock-")) {}

  Result<FileLock> Try(LockMode mode) { return FileLock::Acquire(path_, mode, LockWait::kTry); }

  PosixFileSystem fs_;
  TempDir directory_;
  const std::string path_ = JoinPath(directory_.path(), "x.lock");
};

TEST_F(FileLockTest, ExclusiveExcludesEveryone) {
  const Result<FileLock> lock = Try(LockMode::kExclusive);
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(Try(LockMode::kExclusive), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(Try(LockMode::kShared), HasCode(ErrorCode::kConflict));
}

TEST_F(FileLockTest, TheConflictNamesTheHolder) {
  const Result<FileLock> lock = Try(LockMode::kExclusive);
  EXPECT_THAT(Try(LockMode::kExclusive),
              HasMessage(HasSubstr("process " + std::to_string(::getpid()))));
  const std::optional<LockHolder> holder = FileLock::ReadHolder(path_);
  ASSERT_TRUE(holder.has_value());
  EXPECT_EQ(holder->pid, ::getpid());
  EXPECT_FALSE(holder->program.empty());
}

TEST_F(FileLockTest, SharedLocksLiveTogether) {
  const Result<FileLock> one = Try(LockMode::kShared);
  const Result<FileLock> two = Try(LockMode::kShared);
  EXPECT_THAT(one, IsOk());
  EXPECT_THAT(two, IsOk());
  EXPECT_THAT(Try(LockMode::kExclusive), HasCode(ErrorCode::kConflict));
}

TEST_F(FileLockTest, TheEndOfTheObjectUnlocks) {
  { const Result<FileLock> lock = Try(LockMode::kExclusive); }
  EXPECT_THAT(Try(LockMode::kExclusive), IsOk());
}

TEST_F(FileLockTest, AMovedLockStaysLocked) {
  Result<FileLock> lock = Try(LockMode::kExclusive);
  ASSERT_THAT(lock, IsOk());
  const FileLock moved = *std::move(lock);
  EXPECT_THAT(Try(LockMode::kExclusive), HasCode(ErrorCode::kConflict));
}

TEST_F(FileLockTest, AWaiterIsToldForWhomAndGetsItsTurn) {
  auto lock = std::make_unique<Result<FileLock>>(Try(LockMode::kExclusive));
  std::optional<LockHolder> awaited;
  // The holder lets go as soon as the waiter says that it waits.
  const Result<FileLock> mine = FileLock::Acquire(path_, LockMode::kExclusive, LockWait::kWait,
                                                  [&](const std::optional<LockHolder>& holder) {
                                                    awaited = holder;
                                                    lock.reset();
                                                  });
  EXPECT_THAT(mine, IsOk());
  ASSERT_TRUE(awaited.has_value());
  EXPECT_EQ(awaited->pid, ::getpid());
}

TEST_F(FileLockTest, ALockOnARemovedFileIsNoLock) {
  const Result<FileLock> old = Try(LockMode::kExclusive);
  ASSERT_THAT(fs_.RemoveFile(path_), IsOk());
  const Result<FileLock> fresh = Try(LockMode::kExclusive);
  EXPECT_THAT(fresh, IsOk());
  EXPECT_THAT(Try(LockMode::kExclusive), HasCode(ErrorCode::kConflict));
}

TEST_F(FileLockTest, WithoutADirectoryThereIsNoLock) {
  EXPECT_THAT(FileLock::Acquire(JoinPath(directory_.path(), "no/x.lock"), LockMode::kShared,
                                LockWait::kTry),
              HasCode(ErrorCode::kNotFound));
}

TEST_F(FileLockTest, AnUnreadableRecordNamesNobody) {
  for (const char* record : {"", "what\n", "12 34", "-1 2 x\n", "99999999999 2 x\n"}) {
    ASSERT_THAT(ReplaceFile(fs_, path_, record), IsOk());
    EXPECT_EQ(FileLock::ReadHolder(path_), std::nullopt) << record;
  }
}

TEST(LockHolder, SaysWhoAndSinceWhen) {
  const LockHolder holder{.pid = 42, .program = "flowstone", .since_ns = 1'767'225'600'000'000'000};
  EXPECT_EQ(holder.ToString(), "process 42 (flowstone) since 2026-01-01T00:00:00Z");
}

}  // namespace
}  // namespace flowstone::os
