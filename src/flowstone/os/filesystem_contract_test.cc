// What every FileSystem promises, checked on the real one and on the fake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/memory_filesystem.h"
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
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

enum class Kind : std::uint8_t { kPosix, kMemory };

class FileSystemContract : public ::testing::TestWithParam<Kind> {
 protected:
  FileSystemContract() {
    if (GetParam() == Kind::kPosix) {
      fs_ = std::make_unique<PosixFileSystem>();
      parent_ = ::testing::TempDir();
    } else {
      fs_ = std::make_unique<MemoryFileSystem>();
      parent_ = "/";
    }
    Result<TempDir> made = TempDir::Create(*fs_, parent_, "contract-");
    EXPECT_THAT(made, IsOk());
    directory_ = std::make_unique<TempDir>(*std::move(made));
  }

  std::string In(const std::string& name) const { return JoinPath(directory_->path(), name); }

  void Write(const std::string& name, std::string_view bytes, std::uint32_t mode = 0644) {
    auto file = fs_->OpenOutput(In(name), Existing::kReplace, mode);
    ASSERT_THAT(file, IsOk());
    ASSERT_THAT((*file)->Write(bytes), IsOk());
    ASSERT_THAT((*file)->Close(), IsOk());
  }
  void MakeDir(const std::string& name) { ASSERT_THAT(fs_->MakeDirectory(In(name), 0755), IsOk()); }

  // The permission bits bind everybody but root, who runs the tests in containers.
  bool PermissionsBind() const { return GetParam() == Kind::kMemory || ::geteuid() != 0; }

  std::unique_ptr<FileSystem> fs_;
  std::string parent_;
  std::unique_ptr<TempDir> directory_;
};

TEST_P(FileSystemContract, AFileReadsBackAsItWasWritten) {
  const std::string bytes("a\0b\n\xFF", 5);
  Write("file", bytes);
  EXPECT_THAT(fs_->ReadFile(In("file")), IsOkAndHolds(bytes));
}

TEST_P(FileSystemContract, AnEmptyFileReadsAsNothing) {
  Write("file", "");
  EXPECT_THAT(fs_->ReadFile(In("file")), IsOkAndHolds(""));
}

TEST_P(FileSystemContract, SeveralWritesFollowEachOther) {
  auto file = fs_->OpenOutput(In("file"), Existing::kRefuse, 0644);
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT((*file)->Write("one "), IsOk());
  EXPECT_THAT((*file)->Write("two"), IsOk());
  EXPECT_THAT((*file)->Sync(), IsOk());
  EXPECT_THAT((*file)->Close(), IsOk());
  EXPECT_THAT(fs_->ReadFile(In("file")), IsOkAndHolds("one two"));
}

TEST_P(FileSystemContract, AppendingWritesBehindWhateverIsThere) {
  auto first = fs_->OpenAppend(In("file"), 0644);
  ASSERT_THAT(first, IsOk());
  auto second = fs_->OpenAppend(In("file"), 0644);
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT((*first)->Write("a"), IsOk());
  EXPECT_THAT((*second)->Write("b"), IsOk());
  EXPECT_THAT((*first)->Write("c"), IsOk());
  EXPECT_THAT(fs_->ReadFile(In("file")), IsOkAndHolds("abc"));
}

TEST_P(FileSystemContract, AMappedFileStaysAsItWasWhenItIsReplacedOrGrows) {
  Write("file", "old");
  const auto view = fs_->MapFile(In("file"));
  ASSERT_THAT(view, IsOk());
  auto file = fs_->OpenAppend(In("file"), 0644);
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT((*file)->Write("er"), IsOk());
  Write("other", "new");
  ASSERT_THAT(fs_->Rename(In("other"), In("file")), IsOk());
  EXPECT_EQ((*view)->bytes(), "old");
}

TEST_P(FileSystemContract, MappingWhatIsNotThereOrADirectoryFails) {
  EXPECT_THAT(fs_->MapFile(In("absent")), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(fs_->MapFile(directory_->path()), HasCode(ErrorCode::kInvalid));
}

TEST_P(FileSystemContract, ALockIsHeldByOneAtATime) {
  auto held = fs_->LockFile(In("lock"));
  ASSERT_THAT(held, IsOk());
  std::atomic<bool> is_released = false;
  std::thread other([&] {
    const auto lock = fs_->LockFile(In("lock"));
    EXPECT_THAT(lock, IsOk());
    EXPECT_TRUE(is_released);
  });
  is_released = true;
  held->reset();
  other.join();
}

TEST_P(FileSystemContract, ReadingWhatIsNotThereIsNotFoundAndNamesIt) {
  EXPECT_THAT(fs_->ReadFile(In("absent")), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(fs_->ReadFile(In("absent")), HasMessage(HasSubstr(In("absent"))));
  EXPECT_THAT(fs_->OpenInput(In("absent")), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, NothingIsBelowAFile) {
  Write("file", "x");
  EXPECT_THAT(fs_->Stat(In("file/below")), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(fs_->ReadFile(In("file/below")), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, ADirectoryIsNoFile) {
  MakeDir("dir");
  EXPECT_THAT(fs_->ReadFile(In("dir")), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(fs_->OpenInput(In("dir")), HasCode(ErrorCode::kInvalid));
}

TEST_P(FileSystemContract, ReadAtTakesAPieceAndStopsAtTheEnd) {
  Write("file", "0123456789");
  auto file = fs_->OpenInput(In("file"));
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT((*file)->Size(), IsOkAndHolds(10U));
  EXPECT_THAT((*file)->ReadAt(3, 4), IsOkAndHolds("3456"));
  EXPECT_THAT((*file)->ReadAt(8, 100), IsOkAndHolds("89"));
  EXPECT_THAT((*file)->ReadAt(10, 1), IsOkAndHolds(""));
  EXPECT_THAT((*file)->ReadAt(1000, SIZE_MAX), IsOkAndHolds(""));
}

TEST_P(FileSystemContract, AnOpenFileSurvivesItsRemoval) {
  Write("file", "still here");
  auto file = fs_->OpenInput(In("file"));
  ASSERT_THAT(file, IsOk());
  ASSERT_THAT(fs_->RemoveFile(In("file")), IsOk());
  EXPECT_THAT((*file)->ReadAt(0, 100), IsOkAndHolds("still here"));
}

TEST_P(FileSystemContract, ReplacingTruncates) {
  Write("file", "a long text");
  Write("file", "short");
  EXPECT_THAT(fs_->ReadFile(In("file")), IsOkAndHolds("short"));
}

TEST_P(FileSystemContract, RefusingAnExistingFileIsAConflict) {
  Write("file", "old");
  EXPECT_THAT(fs_->OpenOutput(In("file"), Existing::kRefuse, 0644), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(fs_->ReadFile(In("file")), IsOkAndHolds("old"));
}

TEST_P(FileSystemContract, RefusingDoesNotWriteThroughADanglingLink) {
  ASSERT_THAT(fs_->MakeSymlink("target", In("link")), IsOk());
  EXPECT_THAT(fs_->OpenOutput(In("link"), Existing::kRefuse, 0644), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(Exists(*fs_, In("target")), IsOkAndHolds(false));
}

TEST_P(FileSystemContract, CreatingWithoutAParentIsNotFound) {
  EXPECT_THAT(fs_->OpenOutput(In("no/file"), Existing::kReplace, 0644),
              HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(fs_->MakeDirectory(In("no/dir"), 0755), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, StatTellsTypeSizeModeAndLinks) {
  Write("file", "four", 0640);
  MakeDir("dir");
  const Result<FileInfo> file = fs_->Stat(In("file"));
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->type, FileType::kFile);
  EXPECT_EQ(file->size, 4U);
  EXPECT_EQ(file->mode, 0640U);
  EXPECT_EQ(file->link_count, 1U);
  const Result<FileInfo> directory = fs_->Stat(In("dir"));
  ASSERT_THAT(directory, IsOk());
  EXPECT_EQ(directory->type, FileType::kDirectory);
  EXPECT_EQ(directory->mode, 0755U);
  EXPECT_NE(directory->inode, file->inode);
}

TEST_P(FileSystemContract, StatFollowsALinkAndLstatDoesNot) {
  Write("file", "four");
  ASSERT_THAT(fs_->MakeSymlink("file", In("link")), IsOk());
  EXPECT_EQ(fs_->Stat(In("link"))->type, FileType::kFile);
  EXPECT_EQ(fs_->Lstat(In("link"))->type, FileType::kSymlink);
  EXPECT_EQ(fs_->Lstat(In("link"))->size, 4U);
}

TEST_P(FileSystemContract, ADanglingLinkIsThereButLeadsNowhere) {
  ASSERT_THAT(fs_->MakeSymlink("nowhere", In("link")), IsOk());
  EXPECT_THAT(fs_->Stat(In("link")), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(fs_->Lstat(In("link")), IsOk());
  EXPECT_THAT(fs_->ReadSymlink(In("link")), IsOkAndHolds("nowhere"));
}

TEST_P(FileSystemContract, ALinkToItselfIsInvalid) {
  ASSERT_THAT(fs_->MakeSymlink("loop", In("loop")), IsOk());
  EXPECT_THAT(fs_->Stat(In("loop")), HasCode(ErrorCode::kInvalid));
}

TEST_P(FileSystemContract, LinksInTheMiddleOfAPathAreFollowed) {
  MakeDir("dir");
  MakeDir("dir/sub");
  Write("dir/sub/file", "x");
  Write("dir/beside", "y");
  ASSERT_THAT(fs_->MakeSymlink("dir/sub", In("link")), IsOk());
  EXPECT_THAT(fs_->ReadFile(In("link/file")), IsOkAndHolds("x"));
  // ".." goes up from where the link leads.
  EXPECT_THAT(fs_->ReadFile(In("link/../beside")), IsOkAndHolds("y"));
  ASSERT_THAT(fs_->MakeSymlink(In("dir"), In("absolute")), IsOk());
  EXPECT_THAT(fs_->ReadFile(In("absolute/beside")), IsOkAndHolds("y"));
}

TEST_P(FileSystemContract, ReadingTheLinkOfAFileIsInvalid) {
  Write("file", "x");
  EXPECT_THAT(fs_->ReadSymlink(In("file")), HasCode(ErrorCode::kInvalid));
}

TEST_P(FileSystemContract, ADirectoryListsItsEntriesSortedWithTheirTypes) {
  Write("b", "x");
  MakeDir("c");
  ASSERT_THAT(fs_->MakeSymlink("b", In("a")), IsOk());
  EXPECT_THAT(fs_->ListDirectory(directory_->path()),
              IsOkAndHolds(ElementsAre(DirectoryEntry{"a", FileType::kSymlink},
                                       DirectoryEntry{"b", FileType::kFile},
                                       DirectoryEntry{"c", FileType::kDirectory})));
}

TEST_P(FileSystemContract, ListingAFileIsInvalid) {
  Write("file", "x");
  EXPECT_THAT(fs_->ListDirectory(In("file")), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(fs_->ListDirectory(In("absent")), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, MakingWhatExistsIsAConflict) {
  Write("file", "x");
  EXPECT_THAT(fs_->MakeDirectory(In("file"), 0755), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(fs_->MakeDirectory(directory_->path(), 0755), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(fs_->MakeDirectory("/", 0755), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(fs_->MakeSymlink("a", In("file")), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(fs_->MakeHardLink(In("file"), In("file")), HasCode(ErrorCode::kConflict));
}

TEST_P(FileSystemContract, ATrailingSlashNamesADirectory) {
  EXPECT_THAT(fs_->MakeDirectory(In("dir/"), 0755), IsOk());
  Write("file", "x");
  EXPECT_THAT(fs_->Lstat(In("dir/")), IsOk());
  EXPECT_THAT(fs_->Lstat(In("file/")), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, HardLinksShareContentAndInode) {
  Write("one", "old");
  ASSERT_THAT(fs_->MakeHardLink(In("one"), In("two")), IsOk());
  Write("one", "new");
  EXPECT_THAT(fs_->ReadFile(In("two")), IsOkAndHolds("new"));
  EXPECT_EQ(fs_->Stat(In("one"))->inode, fs_->Stat(In("two"))->inode);
  EXPECT_EQ(fs_->Stat(In("one"))->link_count, 2U);
  ASSERT_THAT(fs_->RemoveFile(In("one")), IsOk());
  EXPECT_EQ(fs_->Stat(In("two"))->link_count, 1U);
}

TEST_P(FileSystemContract, ManyHardLinksEndBeforeTheFirstThatIsRefused) {
  MakeDir("from");
  MakeDir("to");
  for (const char* name : {"a", "b", "c", "d"}) {
    Write(std::string("from/") + name, name);
  }
  Write("to/c", "in the way");
  EXPECT_EQ(fs_->MakeHardLinks(In("from"), std::vector<std::string>{"a", "b"}, In("to")), 2U);
  EXPECT_EQ(fs_->Stat(In("to/b"))->inode, fs_->Stat(In("from/b"))->inode);
  EXPECT_EQ(fs_->MakeHardLinks(In("from"), std::vector<std::string>{"d", "c", "x"}, In("to")), 1U);
  EXPECT_THAT(fs_->ReadFile(In("to/c")), IsOkAndHolds("in the way"));
  EXPECT_EQ(fs_->MakeHardLinks(In("from"), std::vector<std::string>{"missing", "a"}, In("to")), 0U);
  EXPECT_EQ(fs_->MakeHardLinks(In("from"), std::vector<std::string>{"a"}, In("nowhere")), 0U);
  EXPECT_EQ(fs_->MakeHardLinks(In("from"), {}, In("to")), 0U);
}

TEST_P(FileSystemContract, DirectoriesCannotBeHardLinked) {
  MakeDir("dir");
  EXPECT_THAT(fs_->MakeHardLink(In("dir"), In("link")), HasCode(ErrorCode::kDenied));
}

TEST_P(FileSystemContract, RenameMovesAFileOverAnother) {
  Write("from", "new");
  Write("to", "old");
  EXPECT_THAT(fs_->Rename(In("from"), In("to")), IsOk());
  EXPECT_THAT(fs_->ReadFile(In("to")), IsOkAndHolds("new"));
  EXPECT_THAT(Exists(*fs_, In("from")), IsOkAndHolds(false));
}

TEST_P(FileSystemContract, RenameMovesADirectoryWithItsChildren) {
  MakeDir("from");
  Write("from/file", "x");
  MakeDir("to");
  EXPECT_THAT(fs_->Rename(In("from"), In("to")), IsOk());
  EXPECT_THAT(fs_->ReadFile(In("to/file")), IsOkAndHolds("x"));
}

TEST_P(FileSystemContract, RenameReplacesALinkAndNotItsTarget) {
  Write("from", "new");
  Write("target", "kept");
  ASSERT_THAT(fs_->MakeSymlink("target", In("link")), IsOk());
  EXPECT_THAT(fs_->Rename(In("from"), In("link")), IsOk());
  EXPECT_EQ(fs_->Lstat(In("link"))->type, FileType::kFile);
  EXPECT_THAT(fs_->ReadFile(In("target")), IsOkAndHolds("kept"));
}

TEST_P(FileSystemContract, RenameOntoAFullDirectoryIsAConflict) {
  MakeDir("from");
  Write("file", "x");
  MakeDir("to");
  Write("to/file", "x");
  EXPECT_THAT(fs_->Rename(In("from"), In("to")), HasCode(ErrorCode::kConflict));
  EXPECT_THAT(fs_->Rename(In("file"), In("to")), HasCode(ErrorCode::kConflict));
}

TEST_P(FileSystemContract, RenameOfADirectoryIntoItselfIsInvalid) {
  MakeDir("dir");
  EXPECT_THAT(fs_->Rename(In("dir"), In("dir/sub")), HasCode(ErrorCode::kInvalid));
}

TEST_P(FileSystemContract, RenameBetweenTwoNamesOfOneFileKeepsBoth) {
  Write("one", "x");
  ASSERT_THAT(fs_->MakeHardLink(In("one"), In("two")), IsOk());
  EXPECT_THAT(fs_->Rename(In("one"), In("two")), IsOk());
  EXPECT_THAT(Exists(*fs_, In("one")), IsOkAndHolds(true));
}

TEST_P(FileSystemContract, RenameOfNothingIsNotFound) {
  EXPECT_THAT(fs_->Rename(In("absent"), In("to")), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, RemovingAFileRemovesTheLinkItself) {
  Write("file", "x");
  ASSERT_THAT(fs_->MakeSymlink("file", In("link")), IsOk());
  EXPECT_THAT(fs_->RemoveFile(In("link")), IsOk());
  EXPECT_THAT(fs_->ReadFile(In("file")), IsOkAndHolds("x"));
  EXPECT_THAT(fs_->RemoveFile(In("link")), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, FilesAndDirectoriesAreRemovedByTheirOwnVerb) {
  Write("file", "x");
  MakeDir("dir");
  EXPECT_THAT(fs_->RemoveFile(In("dir")), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(fs_->RemoveDirectory(In("file")), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(fs_->RemoveDirectory(In("dir")), IsOk());
  EXPECT_THAT(fs_->RemoveDirectory(In("dir")), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, RemovingAFullDirectoryIsAConflict) {
  MakeDir("dir");
  Write("dir/file", "x");
  EXPECT_THAT(fs_->RemoveDirectory(In("dir")), HasCode(ErrorCode::kConflict));
}

TEST_P(FileSystemContract, ModeAndTimeCanBeSet) {
  Write("file", "x");
  EXPECT_THAT(fs_->SetMode(In("file"), 0755), IsOk());
  EXPECT_THAT(fs_->SetModifiedTime(In("file"), 1'234'567'891'000'000'000), IsOk());
  EXPECT_EQ(fs_->Stat(In("file"))->mode, 0755U);
  EXPECT_EQ(fs_->Stat(In("file"))->modified_ns, 1'234'567'891'000'000'000);
  EXPECT_THAT(fs_->SetMode(In("absent"), 0755), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(fs_->SetModifiedTime(In("absent"), 0), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, TimesBefore1970CanBeSet) {
  Write("file", "x");
  EXPECT_THAT(fs_->SetModifiedTime(In("file"), -1'500'000'000), IsOk());
  EXPECT_EQ(fs_->Stat(In("file"))->modified_ns, -1'500'000'000);
}

TEST_P(FileSystemContract, RealPathResolvesLinksAndDots) {
  MakeDir("dir");
  ASSERT_THAT(fs_->MakeSymlink("dir", In("link")), IsOk());
  const std::string base = *fs_->RealPath(directory_->path());
  EXPECT_THAT(fs_->RealPath(In("link/../link/.")), IsOkAndHolds(JoinPath(base, "dir")));
  EXPECT_THAT(fs_->RealPath("/"), IsOkAndHolds("/"));
  EXPECT_THAT(fs_->RealPath(In("absent")), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, TheDiskHasRoom) {
  const Result<std::uint64_t> available = fs_->AvailableBytes(directory_->path());
  ASSERT_THAT(available, IsOk());
  EXPECT_GT(*available, 0U);
  EXPECT_THAT(fs_->AvailableBytes(In("absent")), HasCode(ErrorCode::kNotFound));
}

TEST_P(FileSystemContract, AReadOnlyDirectoryRefusesChanges) {
  if (!PermissionsBind()) {
    GTEST_SKIP() << "root may do everything";
  }
  MakeDir("dir");
  Write("dir/file", "x");
  ASSERT_THAT(fs_->SetMode(In("dir"), 0555), IsOk());
  EXPECT_THAT(fs_->RemoveFile(In("dir/file")), HasCode(ErrorCode::kDenied));
  EXPECT_THAT(fs_->OpenOutput(In("dir/new"), Existing::kReplace, 0644),
              HasCode(ErrorCode::kDenied));
  EXPECT_THAT(fs_->Rename(In("dir/file"), In("file")), HasCode(ErrorCode::kDenied));
}

TEST_P(FileSystemContract, AnUnreadableFileIsDenied) {
  if (!PermissionsBind()) {
    GTEST_SKIP() << "root may do everything";
  }
  Write("file", "x");
  ASSERT_THAT(fs_->SetMode(In("file"), 0), IsOk());
  EXPECT_THAT(fs_->ReadFile(In("file")), HasCode(ErrorCode::kDenied));
}

TEST_P(FileSystemContract, ANameThatIsTooLongIsInvalid) {
  EXPECT_THAT(fs_->MakeDirectory(In(std::string(256, 'a')), 0755), HasCode(ErrorCode::kInvalid));
}

TEST_P(FileSystemContract, TempDirGoesWithEverythingInIt) {
  std::string path;
  {
    Result<TempDir> made = TempDir::Create(*fs_, directory_->path(), "job-");
    ASSERT_THAT(made, IsOk());
    path = made->path();
    EXPECT_EQ(fs_->Stat(path)->mode, 0700U);
    ASSERT_THAT(fs_->MakeDirectory(JoinPath(path, "sub"), 0755), IsOk());
  }
  EXPECT_THAT(Exists(*fs_, path), IsOkAndHolds(false));
}

INSTANTIATE_TEST_SUITE_P(Every, FileSystemContract, ::testing::Values(Kind::kPosix, Kind::kMemory),
                         [](const ::testing::TestParamInfo<Kind>& parameter) {
                           return parameter.param == Kind::kPosix ? "Posix" : "Memory";
                         });

}  // namespace
}  // namespace flowstone::os
