#include "flowstone/os/file_operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FileOperations : public ::testing::Test {
 protected:
  void Write(const std::string& path, std::string_view bytes) {
    ASSERT_THAT(ReplaceFile(fs_, path, bytes), IsOk());
  }

  // Runs `operation` once for each of its file system operations, with that one failing, until it
  // has none left to fail; after each failure `check` looks at the damage.
  template <class Prepare, class Operation, class Check>
  void FailEveryStep(Prepare prepare, Operation operation, Check check) {
    for (std::uint64_t step = 1;; ++step) {
      MemoryFileSystem memory;
      prepare(memory);
      FaultyFileSystem faulty(memory);
      faulty.FailOnce(step, Error{.code = ErrorCode::kIo, .message = "the disk is on fire"});
      const Status status = operation(faulty);
      check(memory, status);
      if (faulty.operation_count() < step) {
        EXPECT_THAT(status, IsOk());
        return;
      }
    }
  }

  MemoryFileSystem fs_;
};

TEST_F(FileOperations, MakeDirectoriesMakesWhatIsMissing) {
  ASSERT_THAT(fs_.MakeDirectory("/a", 0755), IsOk());
  EXPECT_THAT(MakeDirectories(fs_, "/a/b/c", 0700), IsOk());
  EXPECT_EQ(fs_.Stat("/a/b/c")->mode, 0700U);
  EXPECT_THAT(MakeDirectories(fs_, "/a/b/c"), IsOk());
  EXPECT_THAT(MakeDirectories(fs_, "relative/path"), IsOk());
  EXPECT_THAT(fs_.Stat("/relative/path"), IsOk());
}

TEST_F(FileOperations, MakeDirectoriesAcceptsALinkToADirectory) {
  ASSERT_THAT(fs_.MakeDirectory("/real", 0755), IsOk());
  ASSERT_THAT(fs_.MakeSymlink("real", "/link"), IsOk());
  EXPECT_THAT(MakeDirectories(fs_, "/link/sub"), IsOk());
  EXPECT_THAT(fs_.Stat("/real/sub"), IsOk());
}

TEST_F(FileOperations, MakeDirectoriesNamesTheFileInTheWay) {
  Write("/file", "x");
  EXPECT_THAT(MakeDirectories(fs_, "/file"), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(MakeDirectories(fs_, "/file/sub"), HasMessage(HasSubstr("/file")));
}

TEST_F(FileOperations, RemoveTreeRemovesEverythingBelow) {
  ASSERT_THAT(MakeDirectories(fs_, "/tree/a/b"), IsOk());
  Write("/tree/a/b/file", "x");
  Write("/tree/file", "x");
  EXPECT_THAT(RemoveTree(fs_, "/tree"), IsOk());
  EXPECT_THAT(fs_.ListDirectory("/"), IsOkAndHolds(IsEmpty()));
}

TEST_F(FileOperations, RemoveTreeOfNothingIsFine) {
  EXPECT_THAT(RemoveTree(fs_, "/absent"), IsOk());
  EXPECT_THAT(RemoveTree(fs_, "/absent/below"), IsOk());
}

TEST_F(FileOperations, RemoveTreeNeverFollowsALink) {
  ASSERT_THAT(MakeDirectories(fs_, "/tree"), IsOk());
  ASSERT_THAT(MakeDirectories(fs_, "/outside"), IsOk());
  Write("/outside/file", "kept");
  ASSERT_THAT(fs_.MakeSymlink("/outside", "/tree/link"), IsOk());
  ASSERT_THAT(fs_.MakeSymlink("/outside", "/link"), IsOk());
  EXPECT_THAT(RemoveTree(fs_, "/tree"), IsOk());
  EXPECT_THAT(RemoveTree(fs_, "/link"), IsOk());
  EXPECT_THAT(fs_.ReadFile("/outside/file"), IsOkAndHolds("kept"));
}

TEST_F(FileOperations, RemoveTreeMakesReadOnlyDirectoriesWritable) {
  ASSERT_THAT(MakeDirectories(fs_, "/tree/locked/deep"), IsOk());
  Write("/tree/locked/deep/file", "x");
  for (const char* path : {"/tree/locked/deep", "/tree/locked", "/tree"}) {
    ASSERT_THAT(fs_.SetMode(path, 0), IsOk());
  }
  EXPECT_THAT(RemoveTree(fs_, "/tree"), IsOk());
  EXPECT_THAT(Exists(fs_, "/tree"), IsOkAndHolds(false));
}

TEST_F(FileOperations, RemoveTreeIsContentWhenOthersRemoveToo) {
  // A file system where everything is listed but already gone.
  FailEveryStep(
      [](MemoryFileSystem& fs) {
        ASSERT_THAT(MakeDirectories(fs, "/tree/a"), IsOk());
        ASSERT_THAT(ReplaceFile(fs, "/tree/a/file", "x"), IsOk());
      },
      [](FileSystem& fs) { return RemoveTree(fs, "/tree"); },
      [](MemoryFileSystem&, const Status&) {});
  FaultyFileSystem faulty(fs_);
  ASSERT_THAT(MakeDirectories(fs_, "/tree/a"), IsOk());
  faulty.FailOnce(3, Error{.code = ErrorCode::kNotFound, .message = "it has just vanished"});
  EXPECT_THAT(RemoveTree(faulty, "/tree/a"), IsOk());
}

TEST_F(FileOperations, ReplaceFileWritesTheBytesAndLeavesNothingElse) {
  ASSERT_THAT(fs_.MakeDirectory("/dir", 0755), IsOk());
  EXPECT_THAT(ReplaceFile(fs_, "/dir/file", "old"), IsOk());
  EXPECT_THAT(ReplaceFile(fs_, "/dir/file", "new", 0755, Durability::kSynced), IsOk());
  EXPECT_THAT(fs_.ReadFile("/dir/file"), IsOkAndHolds("new"));
  EXPECT_EQ(fs_.Stat("/dir/file")->mode, 0755U);
  EXPECT_THAT(fs_.ListDirectory("/dir"),
              IsOkAndHolds(ElementsAre(DirectoryEntry{"file", FileType::kFile})));
}

TEST_F(FileOperations, ReplaceFileKeepsTheOldFileWhateverFails) {
  FailEveryStep(
      [](MemoryFileSystem& fs) { ASSERT_THAT(ReplaceFile(fs, "/file", "old"), IsOk()); },
      [](FileSystem& fs) { return ReplaceFile(fs, "/file", "new", 0644, Durability::kSynced); },
      [](MemoryFileSystem& fs, const Status& status) {
        EXPECT_THAT(fs.ReadFile("/file"), IsOkAndHolds(status ? "new" : "old"));
        EXPECT_EQ(fs.ListDirectory("/")->size(), 1U);
      });
}

TEST_F(FileOperations, ReplaceFileTakesANameOfTheGreatestLength) {
  const std::string path = "/" + std::string(255, 'n');
  EXPECT_THAT(ReplaceFile(fs_, path, "x"), IsOk());
  EXPECT_THAT(fs_.ReadFile(path), IsOkAndHolds("x"));
}

TEST_F(FileOperations, CopyFileCopiesBytesAndMode) {
  const std::string bytes(3'000'000, 'x');
  ASSERT_THAT(ReplaceFile(fs_, "/from", bytes, 0755), IsOk());
  EXPECT_THAT(CopyFile(fs_, "/from", "/to"), IsOk());
  EXPECT_THAT(fs_.ReadFile("/to"), IsOkAndHolds(bytes));
  EXPECT_EQ(fs_.Stat("/to")->mode, 0755U);
}

TEST_F(FileOperations, CopyFileRefusesWhatExistsUnlessTold) {
  Write("/from", "new");
  Write("/to", "old");
  EXPECT_THAT(CopyFile(fs_, "/from", "/to"), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(fs_.ReadFile("/to"), IsOkAndHolds("old"));
  EXPECT_THAT(CopyFile(fs_, "/from", "/to", Existing::kReplace), IsOk());
  EXPECT_THAT(fs_.ReadFile("/to"), IsOkAndHolds("new"));
}

TEST_F(FileOperations, CopyFileLeavesNoPieceBehind) {
  FailEveryStep([](MemoryFileSystem& fs) { ASSERT_THAT(ReplaceFile(fs, "/from", "x"), IsOk()); },
                [](FileSystem& fs) { return CopyFile(fs, "/from", "/to"); },
                [](MemoryFileSystem& fs, const Status& status) {
                  EXPECT_THAT(Exists(fs, "/to"), IsOkAndHolds(status.has_value()));
                });
}

TEST_F(FileOperations, CopyFileOfADirectoryIsInvalid) {
  ASSERT_THAT(fs_.MakeDirectory("/dir", 0755), IsOk());
  EXPECT_THAT(CopyFile(fs_, "/dir", "/to"), HasCode(ErrorCode::kInvalid));
}

class Walk : public FileOperations {
 protected:
  void SetUp() override {
    ASSERT_THAT(MakeDirectories(fs_, "/root/b"), IsOk());
    ASSERT_THAT(MakeDirectories(fs_, "/root/a"), IsOk());
    Write("/root/a/2", "22");
    Write("/root/a/1", "1");
    Write("/root/c", "333");
    ASSERT_THAT(fs_.MakeSymlink("a", "/root/link"), IsOk());
  }

  WalkVisitor Recorder(WalkNext next = WalkNext::kDescend) {
    return [this, next](const WalkEntry& entry) -> Result<WalkNext> {
      visited_.push_back(entry.path);
      return next;
    };
  }

  std::vector<std::string> visited_;
};

TEST_F(Walk, VisitsDirectoriesBeforeTheirChildrenAndSiblingsByName) {
  EXPECT_THAT(WalkTree(fs_, "/root", Recorder()), IsOk());
  EXPECT_THAT(visited_, ElementsAre("a", "a/1", "a/2", "b", "c", "link"));
}

TEST_F(Walk, SkipsWhatTheVisitorDoesNotWant) {
  EXPECT_THAT(WalkTree(fs_, "/root", Recorder(WalkNext::kSkipChildren)), IsOk());
  EXPECT_THAT(visited_, ElementsAre("a", "b", "c", "link"));
}

TEST_F(Walk, StopsAtTheVisitorsError) {
  const Status status = WalkTree(fs_, "/root", [&](const WalkEntry& entry) -> Result<WalkNext> {
    visited_.push_back(entry.path);
    return Error{.code = ErrorCode::kCancelled, .message = "enough"};
  });
  EXPECT_THAT(status, HasCode(ErrorCode::kCancelled));
  EXPECT_THAT(visited_, ElementsAre("a"));
}

TEST_F(Walk, LeavesOutWhatVanishes) {
  const Status status = WalkTree(fs_, "/root", [&](const WalkEntry& entry) -> Result<WalkNext> {
    visited_.push_back(entry.path);
    if (entry.path == "a") {
      FLOWSTONE_TRY(RemoveTree(fs_, "/root/a"));
      FLOWSTONE_TRY(RemoveTree(fs_, "/root/c"));
    }
    return WalkNext::kDescend;
  });
  EXPECT_THAT(status, IsOk());
  EXPECT_THAT(visited_, ElementsAre("a", "b", "link"));
}

TEST(DigestOfFile, ReadsLargeFilesInPieces) {
  MemoryFileSystem fs;
  const std::string bytes = std::string(3U << 20U, 'x') + "end";
  ASSERT_THAT(ReplaceFile(fs, "/file", bytes), IsOk());
  const auto found = DigestOfFile(fs, "/file");
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ(found->digest, Digest::Of(bytes));
  EXPECT_EQ(found->size, bytes.size());
  EXPECT_THAT(DigestOfFile(fs, "/absent"), HasCode(ErrorCode::kNotFound));
}

TEST_F(Walk, OfNothingIsNotFound) {
  EXPECT_THAT(WalkTree(fs_, "/absent", Recorder()), HasCode(ErrorCode::kNotFound));
}

TEST_F(Walk, TreeBytesCountsHardLinkedFilesOnce) {
  EXPECT_THAT(TreeBytes(fs_, "/root"), IsOkAndHolds(6U));
  ASSERT_THAT(fs_.MakeHardLink("/root/c", "/root/d"), IsOk());
  EXPECT_THAT(TreeBytes(fs_, "/root"), IsOkAndHolds(6U));
}

}  // namespace
}  // namespace flowstone::os
