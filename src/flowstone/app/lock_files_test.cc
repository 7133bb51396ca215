#include "flowstone/app/lock_files.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "flowstone/lock/lock_writer.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::app {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FlowLockFilesTest : public ::testing::Test {
 protected:
  FlowLockFilesTest() { EXPECT_THAT(os::MakeDirectories(files_, "/flow"), IsOk()); }

  void Write(const std::string& name, const std::string& text) {
    EXPECT_THAT(os::ReplaceFile(files_, "/flow/" + name, text), IsOk());
  }
  // A lock that `environment lock` wrote.
  void WriteOwn(const std::string& name, const std::string& flow,
                const std::vector<std::string>& steps) {
    lock::Lock lock;
    lock.tool = lock::ToolTable{.flow = flow, .steps = steps};
    Write(name, lock::WriteLock(lock));
  }
  void WriteForeign(const std::string& name) {
    Write(name, lock::WriteLock({.created_by = "another tool"}));
  }
  // "NAME" for those that claim the step, "NAME?" for those that may answer it.
  std::vector<std::string> For(const std::string& step) {
    const auto read = FlowLockFiles::Read(files_, "/flow", "TrainFlow");
    EXPECT_THAT(read, IsOk());
    std::vector<std::string> names;
    for (const auto& [file, claim] : read->For(step)) {
      names.push_back(file->name + (claim == FlowLockFiles::Claim::kMaybe ? "?" : ""));
    }
    return names;
  }

  os::MemoryFileSystem files_;
};

TEST_F(FlowLockFilesTest, AFileNamesItsSteps) {
  WriteOwn("pylock.start.toml", "TrainFlow", {"end", "start"});
  WriteOwn("pylock.train.toml", "TrainFlow", {"train"});
  EXPECT_THAT(For("end"), ElementsAre("pylock.start.toml", "pylock.train.toml?"));
  EXPECT_THAT(For("train"), ElementsAre("pylock.train.toml", "pylock.start.toml?"));
}

TEST_F(FlowLockFilesTest, TheFileOfAnotherFlowSpeaksForNoStep) {
  WriteOwn("pylock.toml", "OtherFlow", {"start"});
  EXPECT_THAT(For("start"), IsEmpty());
}

TEST_F(FlowLockFilesTest, AnyOtherLockSpeaksForTheStepOfItsNameOrForAll) {
  WriteForeign("pylock.toml");
  WriteForeign("pylock.train.toml");
  EXPECT_THAT(For("train"), ElementsAre("pylock.train.toml", "pylock.toml"));
  EXPECT_THAT(For("start"), ElementsAre("pylock.toml"));
}

TEST_F(FlowLockFilesTest, OtherFilesAreNotRead) {
  Write("pyproject.toml", "[project]\n");
  Write("pylock.a.b.toml", "no lock\n");
  EXPECT_THAT(For("start"), IsEmpty());
}

TEST_F(FlowLockFilesTest, ABrokenLockIsNamed) {
  Write("pylock.toml", "lock-version = 1\n");
  EXPECT_THAT(FlowLockFiles::Read(files_, "/flow", "TrainFlow"),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("pylock.toml"))));
}

TEST(LockFileName, OneEnvironmentNeedsNoStepInItsName) {
  EXPECT_EQ(LockFileName("train", 1), "pylock.toml");
  EXPECT_EQ(LockFileName("train", 2), "pylock.train.toml");
}

}  // namespace
}  // namespace flowstone::app
