#include "flowstone/os/named_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <sys/stat.h>
#include <thread>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;

class NamedFile : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(fs_.MakeDirectory("/dir", 0755), IsOk());
    ASSERT_THAT(fs_.MakeDirectory("/far", 0755), IsOk());
  }
  std::size_t EntriesOf(const std::string& directory) {
    return fs_.ListDirectory(directory)->size();
  }

  MemoryFileSystem fs_;
};

TEST_F(NamedFile, ANewFileIsMade) {
  EXPECT_THAT(ReadNamedFile(fs_, "/dir/lock"), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(WriteNamedFile(fs_, "/dir/lock", "new"), IsOk());
  EXPECT_THAT(ReadNamedFile(fs_, "/dir/lock"), IsOkAndHolds(Eq("new")));
}

TEST_F(NamedFile, AFileKeepsItsMode) {
  ASSERT_THAT(ReplaceFile(fs_, "/dir/lock", "old", 0600), IsOk());
  EXPECT_THAT(WriteNamedFile(fs_, "/dir/lock", "new"), IsOk());
  EXPECT_THAT(fs_.ReadFile("/dir/lock"), IsOkAndHolds("new"));
  EXPECT_EQ(fs_.Stat("/dir/lock")->mode, 0600U);
  EXPECT_EQ(EntriesOf("/dir"), 1U);
}

TEST_F(NamedFile, ALinkIsWrittenThrough) {
  ASSERT_THAT(ReplaceFile(fs_, "/far/lock", "old"), IsOk());
  ASSERT_THAT(fs_.MakeSymlink("../far/lock", "/dir/middle"), IsOk());
  ASSERT_THAT(fs_.MakeSymlink("middle", "/dir/lock"), IsOk());
  EXPECT_THAT(WriteNamedFile(fs_, "/dir/lock", "new"), IsOk());
  EXPECT_THAT(fs_.ReadFile("/far/lock"), IsOkAndHolds("new"));
  EXPECT_EQ(fs_.Lstat("/dir/lock")->type, FileType::kSymlink);
  EXPECT_EQ(EntriesOf("/far"), 1U);
}

TEST_F(NamedFile, ALinkToNothingMakesWhatItNames) {
  ASSERT_THAT(fs_.MakeSymlink("/far/lock", "/dir/lock"), IsOk());
  EXPECT_THAT(ReadNamedFile(fs_, "/dir/lock"), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(WriteNamedFile(fs_, "/dir/lock", "new"), IsOk());
  EXPECT_THAT(fs_.ReadFile("/far/lock"), IsOkAndHolds("new"));
}

TEST_F(NamedFile, ALinkToItselfIsRefused) {
  ASSERT_THAT(fs_.MakeSymlink("lock", "/dir/lock"), IsOk());
  EXPECT_THAT(WriteNamedFile(fs_, "/dir/lock", "new"), HasCode(ErrorCode::kInvalid));
}

TEST_F(NamedFile, ADirectoryIsRefused) {
  EXPECT_THAT(ReadNamedFile(fs_, "/dir"), HasMessage("'/dir' is a directory"));
  EXPECT_THAT(WriteNamedFile(fs_, "/dir", "new"), HasMessage("'/dir' is a directory"));
}

TEST_F(NamedFile, AMissingDirectoryIsNamed) {
  EXPECT_THAT(WriteNamedFile(fs_, "/nowhere/lock", "new"),
              AllOf(HasCode(ErrorCode::kNotFound),
                    HasMessage(HasSubstr("there is no directory '/nowhere'"))));
}

TEST(NamedFilePosix, APipeTakesTheBytesAndStays) {
  PosixFileSystem fs;
  const std::string pipe = ::testing::TempDir() + "named_file_pipe";
  ASSERT_THAT(RemoveTree(fs, pipe), IsOk());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(ReadNamedFile(fs, pipe), IsOkAndHolds(Eq(std::nullopt)));
  std::string received;
  std::thread reader([&] {
    const Result<std::string> text = fs.ReadFile(pipe);
    received = text ? *text : text.error().message;
  });
  const std::string link = pipe + "_link";
  ASSERT_THAT(RemoveTree(fs, link), IsOk());
  ASSERT_THAT(fs.MakeSymlink(pipe, link), IsOk());
  EXPECT_THAT(WriteNamedFile(fs, link, "new"), IsOk());
  reader.join();
  EXPECT_EQ(received, "new");
  EXPECT_EQ(fs.Lstat(pipe)->type, FileType::kOther);
  ASSERT_THAT(RemoveTree(fs, pipe), IsOk());
  ASSERT_THAT(RemoveTree(fs, link), IsOk());
}

}  // namespace
}  // namespace flowstone::os
