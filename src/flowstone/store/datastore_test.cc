#include "flowstone/store/datastore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/store/directory_object_store.h"
#include "flowstone/store/memory_object_store.h"
#include "flowstone/testing/random_bytes.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::store {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using flowstone::testing::RandomBytes;
using ::testing::AllOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Error kDiskOnFire{.code = ErrorCode::kIo, .message = "disk on fire"};

std::string BlobPath(const Digest& sha256) {
  const std::string hex = sha256.ToString();
  return "/store/blob/" + hex.substr(0, 2) + "/" + hex;
}

class DatastoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<Datastore> Open() {
    auto datastore = Datastore::Open(objects_, MissingDatastore::kCreate);
    EXPECT_THAT(datastore, IsOk());
    return *std::move(datastore);
  }
  void FlipByte(const std::string& path, std::size_t offset) {
    std::string bytes = *files_.ReadFile(path);
    bytes[offset] = static_cast<char>(bytes[offset] ^ 1);
    ASSERT_THAT(os::ReplaceFile(files_, path, bytes), IsOk());
  }

  os::MemoryFileSystem files_;
  DirectoryObjectStore objects_{files_, "/store"};
  std::unique_ptr<Datastore> datastore_ = Open();
};

TEST_F(DatastoreTest, SaysItsVersion) {
  EXPECT_THAT(files_.ReadFile("/store/version"), IsOkAndHolds("flowstone-datastore 1\n"));
}

TEST_F(DatastoreTest, LookingForOneMakesNone) {
  MemoryObjectStore empty(files_);
  EXPECT_THAT(Datastore::Open(empty, MissingDatastore::kRefuse), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(empty.List(""), IsOkAndHolds(IsEmpty()));
}

TEST_F(DatastoreTest, IsNotOpenedWhenItIsNewer) {
  ASSERT_THAT(objects_.Replace("version", "flowstone-datastore 2\n"), IsOk());
  const auto opened = Datastore::Open(objects_, MissingDatastore::kCreate);
  EXPECT_THAT(opened, AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("version 2"))));
}

TEST_F(DatastoreTest, GivesBackABlob) {
  for (const std::string& content :
       {std::string(), std::string("short"), RandomBytes(300'000), std::string(300'000, 'x')}) {
    const auto reference = datastore_->PutBlob(content);
    EXPECT_THAT(reference, IsOkAndHolds(BlobReference{Digest::Of(content), content.size()}));
    EXPECT_THAT(datastore_->GetBlob(reference->sha256), IsOkAndHolds(content));
  }
}

TEST_F(DatastoreTest, WritesABlobOnce) {
  ASSERT_THAT(datastore_->PutBlob("content"), IsOk());
  const os::FileInfo before = *files_.Stat(BlobPath(Digest::Of("content")));
  ASSERT_THAT(datastore_->PutBlob("content"), IsOk());
  EXPECT_EQ(*files_.Stat(BlobPath(Digest::Of("content"))), before);
}

TEST_F(DatastoreTest, StoresATornBlobAgain) {
  const std::string content = RandomBytes(1000);
  const Digest sha256 = datastore_->PutBlob(content)->sha256;
  for (const std::size_t left : {std::size_t{0}, std::size_t{30}, std::size_t{500}}) {
    const std::string torn = files_.ReadFile(BlobPath(sha256))->substr(0, left);
    ASSERT_THAT(os::ReplaceFile(files_, BlobPath(sha256), torn), IsOk());
    ASSERT_THAT(datastore_->PutBlob(content), IsOk());
    EXPECT_THAT(datastore_->GetBlob(sha256), IsOkAndHolds(content));
  }
}

TEST_F(DatastoreTest, NamesAFlippedByte) {
  for (const std::string& content : {RandomBytes(5000), std::string(5000, 'x')}) {
    const Digest sha256 = datastore_->PutBlob(content)->sha256;
    const std::uint64_t size = files_.Stat(BlobPath(sha256))->size;
    FlipByte(BlobPath(sha256), size - 1);
    const auto read = Open()->GetBlob(sha256);
    EXPECT_THAT(read,
                AllOf(HasCode(ErrorCode::kCorrupt), HasMessage(HasSubstr(sha256.ToString()))));
    EXPECT_THAT(Open()->OpenBlob(sha256), HasCode(ErrorCode::kCorrupt));
  }
}

TEST_F(DatastoreTest, OffersStoredContentForMapping) {
  const std::string content = RandomBytes(5000);
  const Digest sha256 = datastore_->PutBlob(content)->sha256;
  const auto opened = Open()->OpenBlob(sha256);
  ASSERT_THAT(opened, IsOk());
  ASSERT_TRUE(opened->slice.has_value());
  EXPECT_EQ(opened->slice->path, BlobPath(sha256));
  EXPECT_EQ(files_.ReadFile(opened->slice->path)->substr(opened->slice->offset), content);
  EXPECT_EQ(opened->slice->size, content.size());
}

TEST_F(DatastoreTest, DecodesWhatCannotBeMapped) {
  const std::string content(5000, 'x');
  const Digest sha256 = datastore_->PutBlob(content)->sha256;
  const auto opened = datastore_->OpenBlob(sha256);
  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->slice, std::nullopt);
  EXPECT_EQ(opened->bytes, content);
}

TEST_F(DatastoreTest, ReadsAMappedBlobOnceToVerifyIt) {
  const Digest sha256 = datastore_->PutBlob(RandomBytes(5000))->sha256;
  os::FaultyFileSystem counting(files_);
  DirectoryObjectStore objects(counting, "/store");
  const auto datastore = Datastore::Open(objects, MissingDatastore::kRefuse);
  ASSERT_THAT(datastore, IsOk());
  const auto operations = [&] {
    const std::uint64_t before = counting.operation_count();
    EXPECT_THAT((*datastore)->OpenBlob(sha256), IsOk());
    return counting.operation_count() - before;
  };
  const std::uint64_t first = operations();
  EXPECT_LT(operations(), first);
}

TEST_F(DatastoreTest, AMissingBlobIsNotFound) {
  EXPECT_THAT(datastore_->GetBlob(Digest::Of("never")), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(datastore_->OpenBlob(Digest::Of("never")), HasCode(ErrorCode::kNotFound));
}

TEST_F(DatastoreTest, ABlobIsWholeOrAbsentWhicheverOperationFails) {
  const std::string content = RandomBytes(1000);
  for (std::uint64_t n = 1;; ++n) {
    os::MemoryFileSystem memory;
    DirectoryObjectStore healthy(memory, "/store");
    ASSERT_THAT(Datastore::Open(healthy, MissingDatastore::kCreate), IsOk());
    os::FaultyFileSystem faulty(memory);
    DirectoryObjectStore objects(faulty, "/store");
    const auto datastore = Datastore::Open(objects, MissingDatastore::kRefuse);
    const std::uint64_t opening = faulty.operation_count();
    faulty.FailFrom(opening + n, kDiskOnFire);
    const auto put = (*datastore)->PutBlob(content);

    const auto after = Datastore::Open(healthy, MissingDatastore::kRefuse);
    const auto read = (*after)->GetBlob(Digest::Of(content));
    if (put || read) {
      EXPECT_THAT(read, IsOkAndHolds(content)) << "operation " << n;
    } else {
      EXPECT_THAT(read, HasCode(ErrorCode::kNotFound)) << "operation " << n;
    }
    if (faulty.operation_count() < opening + n) {
      break;
    }
  }
}

TEST_F(DatastoreTest, ThreadsStoreBlobsTogether) {
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      for (std::uint32_t i = 0; i < 20; ++i) {
        EXPECT_THAT(datastore_->PutBlob(RandomBytes(2000, (thread + i) % 20)), IsOk());
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    const std::string content = RandomBytes(2000, seed);
    EXPECT_THAT(datastore_->GetBlob(Digest::Of(content)), IsOkAndHolds(content));
  }
}

TEST_F(DatastoreTest, KeepsContentOfEachFamilyApart) {
  const auto lock = datastore_->PutContent(ContentFamily::kLock, "lock-version = '1.0'\n");
  ASSERT_THAT(lock, IsOk());
  EXPECT_THAT(datastore_->GetContent(ContentFamily::kLock, *lock),
              IsOkAndHolds("lock-version = '1.0'\n"));
  EXPECT_THAT(datastore_->HasContent(ContentFamily::kTree, *lock), IsOkAndHolds(false));
  EXPECT_THAT(datastore_->GetContent(ContentFamily::kTree, *lock), HasCode(ErrorCode::kNotFound));
}

TEST_F(DatastoreTest, RefusesDamagedContent) {
  const Digest lock = *datastore_->PutContent(ContentFamily::kLock, "text");
  const std::string hex = lock.ToString();
  FlipByte("/store/lock/" + hex.substr(0, 2) + "/" + hex, 0);
  EXPECT_THAT(datastore_->GetContent(ContentFamily::kLock, lock), HasCode(ErrorCode::kCorrupt));
}

TEST_F(DatastoreTest, KeepsAPackageFileAsPublished) {
  const std::string wheel = RandomBytes(10'000);
  ASSERT_THAT(os::ReplaceFile(files_, "/cache.whl", wheel), IsOk());
  const Digest sha256 = Digest::Of(wheel);
  EXPECT_THAT(datastore_->PutArtifact(sha256, files_, "/cache.whl"),
              IsOkAndHolds(PutOutcome::kStored));
  EXPECT_THAT(datastore_->PutArtifact(sha256, files_, "/cache.whl"),
              IsOkAndHolds(PutOutcome::kAlreadyThere));
  ASSERT_THAT(datastore_->FetchArtifact(sha256, files_, "/fetched.whl"), IsOk());
  EXPECT_THAT(files_.ReadFile("/fetched.whl"), IsOkAndHolds(wheel));
  EXPECT_THAT(files_.ReadFile("/cache.whl"), IsOkAndHolds(wheel));
}

TEST_F(DatastoreTest, DoesNotTrustAPackageFileThatItDidNotHash) {
  ASSERT_THAT(os::ReplaceFile(files_, "/cache.whl", "something else"), IsOk());
  const Digest sha256 = Digest::Of("the wheel");
  EXPECT_THAT(datastore_->PutArtifact(sha256, files_, "/cache.whl"),
              AllOf(HasCode(ErrorCode::kCorrupt), HasMessage(HasSubstr("/cache.whl"))));
  EXPECT_THAT(datastore_->HasContent(ContentFamily::kArtifact, sha256), IsOkAndHolds(false));
}

TEST_F(DatastoreTest, ADamagedPackageFileDoesNotReachTheDisk) {
  ASSERT_THAT(os::ReplaceFile(files_, "/cache.whl", "the wheel"), IsOk());
  const Digest sha256 = Digest::Of("the wheel");
  ASSERT_THAT(datastore_->PutArtifact(sha256, files_, "/cache.whl"), IsOk());
  const std::string hex = sha256.ToString();
  FlipByte("/store/art/" + hex.substr(0, 2) + "/" + hex, 3);
  EXPECT_THAT(datastore_->FetchArtifact(sha256, files_, "/fetched.whl"),
              HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(os::Exists(files_, "/fetched.whl"), IsOkAndHolds(false));
}

TEST_F(DatastoreTest, RemembersTheNewestLockOfARequest) {
  const Digest request = Digest::Of("pandas==2.2.3");
  EXPECT_THAT(datastore_->FindRequest(request), IsOkAndHolds(Eq(std::nullopt)));
  const ResolvedRequest old_answer{.lock = Digest::Of("old"), .created_ms = 1};
  const ResolvedRequest new_answer{.lock = Digest::Of("new"), .created_ms = 2};
  ASSERT_THAT(datastore_->PutRequest(request, old_answer), IsOk());
  ASSERT_THAT(datastore_->PutRequest(request, new_answer), IsOk());
  EXPECT_THAT(datastore_->FindRequest(request), IsOkAndHolds(Eq(new_answer)));
}

}  // namespace
}  // namespace flowstone::store
