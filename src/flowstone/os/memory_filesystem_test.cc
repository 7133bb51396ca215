#include "flowstone/os/memory_filesystem.h"

#include <gtest/gtest.h>

#include "flowstone/os/file_operations.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;

TEST(MemoryFileSystem, EveryChangeIsLaterThanTheOneBefore) {
  MemoryFileSystem fs;
  ASSERT_THAT(ReplaceFile(fs, "/a", "1"), IsOk());
  ASSERT_THAT(ReplaceFile(fs, "/b", "2"), IsOk());
  EXPECT_LT(fs.Stat("/a")->modified_ns, fs.Stat("/b")->modified_ns);
}

TEST(MemoryFileSystem, RelativePathsStartAtTheRoot) {
  MemoryFileSystem fs;
  ASSERT_THAT(ReplaceFile(fs, "file", "x"), IsOk());
  EXPECT_THAT(fs.ReadFile("/file"), IsOkAndHolds("x"));
  EXPECT_THAT(fs.ReadFile("/../file"), IsOkAndHolds("x"));
  EXPECT_THAT(fs.RealPath("."), IsOkAndHolds("/"));
}

TEST(MemoryFileSystem, NewFilesGetTheUmask) {
  MemoryFileSystem fs;
  ASSERT_THAT(fs.OpenOutput("/file", Existing::kRefuse, 0666), IsOk());
  EXPECT_EQ(fs.Stat("/file")->mode, 0644U);
}

TEST(MemoryFileSystem, AvailableBytesAreWhatTheTestSays) {
  MemoryFileSystem fs;
  fs.SetAvailableBytes(42);
  EXPECT_THAT(fs.AvailableBytes("/"), IsOkAndHolds(42U));
}

TEST(MemoryFileSystem, OpenFilesOutliveIt) {
  auto fs = std::make_unique<MemoryFileSystem>();
  ASSERT_THAT(ReplaceFile(*fs, "/file", "x"), IsOk());
  auto input = fs->OpenInput("/file");
  auto output = fs->OpenOutput("/file", Existing::kReplace, 0644);
  ASSERT_THAT(output, IsOk());
  fs.reset();
  EXPECT_THAT((*output)->Write("late"), IsOk());
  EXPECT_THAT((*input)->ReadAt(0, 10), IsOkAndHolds("late"));
}

}  // namespace
}  // namespace flowstone::os
