#include "flowstone/os/faulty_filesystem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::testing::HasSubstr;

Error Fire() {
  return Error{.code = ErrorCode::kIo, .message = "the disk is on fire"};
}

TEST(FaultyFileSystem, PassesEverythingOnAndCounts) {
  MemoryFileSystem memory;
  FaultyFileSystem faulty(memory);
  ASSERT_THAT(faulty.MakeDirectory("/dir", 0755), IsOk());
  auto file = faulty.OpenOutput("/dir/file", Existing::kRefuse, 0644);
  ASSERT_THAT(file, IsOk());
  ASSERT_THAT((*file)->Write("x"), IsOk());
  ASSERT_THAT((*file)->Close(), IsOk());
  EXPECT_EQ(faulty.operation_count(), 4U);
  EXPECT_THAT(memory.ReadFile("/dir/file"), IsOkAndHolds("x"));
}

TEST(FaultyFileSystem, FailsTheChosenOperationOnly) {
  MemoryFileSystem memory;
  FaultyFileSystem faulty(memory);
  faulty.FailOnce(2, Fire());
  EXPECT_THAT(faulty.MakeDirectory("/a", 0755), IsOk());
  EXPECT_THAT(faulty.MakeDirectory("/b", 0755), HasCode(ErrorCode::kIo));
  EXPECT_THAT(faulty.MakeDirectory("/c", 0755), IsOk());
  EXPECT_THAT(Exists(memory, "/b"), IsOkAndHolds(false));
}

TEST(FaultyFileSystem, FailsEverythingAfterADeath) {
  MemoryFileSystem memory;
  FaultyFileSystem faulty(memory);
  faulty.FailFrom(2, Fire());
  EXPECT_THAT(faulty.MakeDirectory("/a", 0755), IsOk());
  EXPECT_THAT(faulty.MakeDirectory("/b", 0755), HasCode(ErrorCode::kIo));
  EXPECT_THAT(faulty.Stat("/a"), HasMessage(HasSubstr("on fire")));
}

TEST(FaultyFileSystem, AFullDiskRefusesWritesButLetsRemove) {
  MemoryFileSystem memory;
  FaultyFileSystem faulty(memory);
  faulty.FillDiskFromWrite(2);
  EXPECT_THAT(ReplaceFile(faulty, "/a", "x"), IsOk());
  EXPECT_THAT(ReplaceFile(faulty, "/b", "x"), HasMessage(HasSubstr("no space left")));
  EXPECT_THAT(faulty.MakeDirectory("/dir", 0755), HasCode(ErrorCode::kIo));
  EXPECT_THAT(faulty.ReadFile("/a"), IsOkAndHolds("x"));
  EXPECT_THAT(faulty.RemoveFile("/a"), IsOk());
}

TEST(FaultyFileSystem, ReadsThroughOpenFilesCanFail) {
  MemoryFileSystem memory;
  ASSERT_THAT(ReplaceFile(memory, "/file", "x"), IsOk());
  FaultyFileSystem faulty(memory);
  faulty.FailOnce(2, Fire());
  auto file = faulty.OpenInput("/file");
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT((*file)->ReadAt(0, 1), HasCode(ErrorCode::kIo));
  EXPECT_THAT((*file)->ReadAt(0, 1), IsOkAndHolds("x"));
}

}  // namespace
}  // namespace flowstone::os
