#include "flowstone/index/local_digests.h"

#include <gtest/gtest.h>

#include <string>

#include "flowstone/os/fake_clock.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;

class LocalDigestsTest : public ::testing::Test {
 protected:
  void Write(const std::string& text) {
    ASSERT_THAT(os::ReplaceFile(files_, "/pkg-1.zip", text), IsOk());
  }
  Result<Digest> Ask() { return LocalDigests(files_, clock_, "/memory").Of("/pkg-1.zip"); }
  // Puts another digest into the memory, to see whether it is used.
  void Forge(const Digest& digest) {
    const auto entries = files_.ListDirectory("/memory");
    ASSERT_THAT(entries, IsOk());
    ASSERT_EQ(entries->size(), 1U);
    const std::string path = "/memory/" + entries->front().name;
    const std::string text = *files_.ReadFile(path);
    ASSERT_THAT(
        os::ReplaceFile(files_, path, text.substr(0, text.find('\n') + 1) + digest.ToString()),
        IsOk());
  }

  os::MemoryFileSystem files_;
  os::FakeClock clock_;
};

TEST_F(LocalDigestsTest, AFileIsHashedOnce) {
  Write("one");
  clock_.Advance(std::chrono::hours(1));
  EXPECT_THAT(Ask(), IsOkAndHolds(Digest::Of("one")));
  Forge(Digest::Of("remembered"));
  EXPECT_THAT(Ask(), IsOkAndHolds(Digest::Of("remembered")));
}

TEST_F(LocalDigestsTest, AChangedFileIsHashedAnew) {
  Write("one");
  clock_.Advance(std::chrono::hours(1));
  EXPECT_THAT(Ask(), IsOkAndHolds(Digest::Of("one")));
  Forge(Digest::Of("remembered"));
  Write("two!");
  EXPECT_THAT(Ask(), IsOkAndHolds(Digest::Of("two!")));
}

TEST_F(LocalDigestsTest, AMissingFileIsNotFound) {
  EXPECT_THAT(Ask(), HasCode(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace flowstone::index
