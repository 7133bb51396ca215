#include "flowstone/store/directory_object_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::store {
namespace {

using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::IsEmpty;

const Error kDiskFailure{.code = ErrorCode::kIo, .message = "disk on fire"};

std::vector<os::DirectoryEntry> TemporaryFiles(os::FileSystem& files) {
  const auto entries = files.ListDirectory("/store/~tmp");
  return entries ? *entries : std::vector<os::DirectoryEntry>();
}

TEST(DirectoryObjectStore, KeepsAnObjectAtThePathOfItsKeyReadOnly) {
  os::MemoryFileSystem files;
  DirectoryObjectStore store(files, "/store");
  ASSERT_THAT(store.PutIfAbsent("blob/ab/x", "content"), IsOk());
  EXPECT_EQ(store.LocalPath("blob/ab/x"), "/store/blob/ab/x");
  EXPECT_THAT(files.ReadFile("/store/blob/ab/x"), IsOkAndHolds("content"));
  EXPECT_EQ(files.Stat("/store/blob/ab/x")->mode, 0444U);
}

TEST(DirectoryObjectStore, LeavesNoTemporaryFile) {
  os::MemoryFileSystem files;
  DirectoryObjectStore store(files, "/store");
  ASSERT_THAT(store.PutIfAbsent("a", "1"), IsOk());
  ASSERT_THAT(store.PutIfAbsent("a", "2"), IsOk());
  ASSERT_THAT(store.Replace("b", "3"), IsOk());
  EXPECT_THAT(TemporaryFiles(files), IsEmpty());
}

TEST(DirectoryObjectStore, ReadingMakesNothing) {
  os::MemoryFileSystem files;
  DirectoryObjectStore store(files, "/store");
  EXPECT_THAT(store.List(""), IsOk());
  EXPECT_THAT(store.Head("a/b"), IsOk());
  EXPECT_THAT(store.Remove("a/b"), IsOk());
  EXPECT_THAT(os::Exists(files, "/store"), IsOkAndHolds(false));
}

TEST(DirectoryObjectStore, AFailedOperationLeavesNothingOrTheWholeObject) {
  for (std::uint64_t n = 1;; ++n) {
    os::MemoryFileSystem memory;
    os::FaultyFileSystem faulty(memory);
    faulty.FailOnce(n, kDiskFailure);
    DirectoryObjectStore store(faulty, "/store");
    const Result<PutOutcome> put = store.PutIfAbsent("a/b", "whole");

    DirectoryObjectStore after(memory, "/store");
    if (put) {
      EXPECT_THAT(after.Get("a/b"), IsOkAndHolds("whole")) << "operation " << n;
    } else {
      EXPECT_THAT(after.List(""), IsOkAndHolds(IsEmpty())) << "operation " << n;
    }
    EXPECT_THAT(after.PutIfAbsent("a/b", "whole"), IsOk());
    EXPECT_THAT(after.Get("a/b"), IsOkAndHolds("whole")) << "operation " << n;
    if (faulty.operation_count() < n) {
      break;
    }
  }
}

TEST(DirectoryObjectStore, AProcessKilledAnywhereLeavesTheOldBytesOrTheNew) {
  for (std::uint64_t n = 1;; ++n) {
    os::MemoryFileSystem memory;
    DirectoryObjectStore before(memory, "/store");
    ASSERT_THAT(before.Replace("runs/F/latest", "old"), IsOk());
    os::FaultyFileSystem faulty(memory);
    faulty.FailFrom(n, kDiskFailure);
    DirectoryObjectStore dying(faulty, "/store");
    const Status replaced = dying.Replace("runs/F/latest", "new");

    EXPECT_THAT(before.Get("runs/F/latest"), IsOkAndHolds(AnyOf(Eq("old"), Eq("new"))));
    EXPECT_THAT(before.List(""), IsOkAndHolds(ElementsAre("runs/F/latest")));
    if (replaced) {
      EXPECT_THAT(before.Get("runs/F/latest"), IsOkAndHolds("new"));
    }
    if (faulty.operation_count() < n) {
      break;
    }
  }
}

TEST(DirectoryObjectStore, AFileThatCouldNotBeTakenStays) {
  for (std::uint64_t n = 1;; ++n) {
    os::MemoryFileSystem memory;
    ASSERT_THAT(os::ReplaceFile(memory, "/spool", "content"), IsOk());
    os::FaultyFileSystem faulty(memory);
    faulty.FailOnce(n, kDiskFailure);
    DirectoryObjectStore store(faulty, "/store");
    const Result<PutOutcome> put = store.PutFileIfAbsent("a", "/spool", FileHandover::kTake);

    DirectoryObjectStore after(memory, "/store");
    if (put) {
      EXPECT_THAT(after.Get("a"), IsOkAndHolds("content"));
    } else {
      EXPECT_THAT(memory.ReadFile("/spool"), IsOkAndHolds("content")) << "operation " << n;
    }
    if (faulty.operation_count() < n) {
      break;
    }
  }
}

// A disk without hard links, as some network file systems are.
TEST(DirectoryObjectStore, WorksWithoutHardLinks) {
  for (const ErrorCode refusal : {ErrorCode::kDenied, ErrorCode::kInvalid}) {
    os::MemoryFileSystem memory;
    DirectoryObjectStore(memory, "/store").PutIfAbsent("first", "1").value();
    // The link is the last operation but one of a put into a folder that is there.
    os::FaultyFileSystem counting(memory);
    DirectoryObjectStore counted(counting, "/store");
    ASSERT_THAT(counted.PutIfAbsent("second", "2"), IsOk());
    os::FaultyFileSystem faulty(memory);
    faulty.FailOnce(counting.operation_count() - 1, Error{.code = refusal, .message = "no links"});
    DirectoryObjectStore store(faulty, "/store");
    EXPECT_THAT(store.PutIfAbsent("third", "3"), IsOkAndHolds(PutOutcome::kStored));
    EXPECT_THAT(store.Get("third"), IsOkAndHolds("3"));
    EXPECT_THAT(TemporaryFiles(memory), IsEmpty());
  }
}

TEST(DirectoryObjectStore, OfManyWritersOfOneKeyOneStores) {
  os::PosixFileSystem files;
  const Result<os::TempDir> directory =
      os::TempDir::Create(files, ::testing::TempDir(), "writers-");
  ASSERT_THAT(directory, IsOk());
  for (int round = 0; round < 20; ++round) {
    const std::string key = "runs/F/" + std::to_string(round) + "/run.json";
    std::atomic<int> stored = 0;
    std::vector<std::thread> writers;
    writers.reserve(4);
    for (int writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&, writer] {
        DirectoryObjectStore store(files, directory->path());
        const auto outcome = store.PutIfAbsent(key, std::string(1000, static_cast<char>(writer)));
        stored += outcome && *outcome == PutOutcome::kStored ? 1 : 0;
      });
    }
    for (std::thread& writer : writers) {
      writer.join();
    }
    EXPECT_EQ(stored, 1);
  }
}

}  // namespace
}  // namespace flowstone::store
