#include "flowstone/install/archive_cache.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "flowstone/install/staging_directory.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::ElementsAre;
using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Optional;

class ArchiveCacheTest : public CacheFixture {
 protected:
  ArchiveCacheTest() : cache_(filesystem_, layout_) { wheel_.Add("demo/a.py", "a = 1\n"); }

  Result<ArchivePlan> Add(ArchiveCache& cache) {
    const WheelArtifact artifact = LocalWheel(wheel_);
    return cache.Add(artifact.location, artifact.file_name, artifact.digest);
  }
  Digest Wheel() const { return Digest::Of(wheel_.Build()); }
  std::string File() const { return layout_.ArchiveDirectory(Wheel()) + "/site/demo/a.py"; }

  WheelBuilder wheel_{"demo", "1.0"};
  ArchiveCache cache_;
};

TEST_F(ArchiveCacheTest, KeepsNothingWithoutConsent) {
  const WheelArtifact artifact = LocalWheel(wheel_);
  EXPECT_THAT(cache_.Add(artifact.location, artifact.file_name, artifact.digest, 1,
                         []() -> Status {
                           return Error{.code = ErrorCode::kConflict, .message = "it changed"};
                         }),
              HasCode(ErrorCode::kConflict));
  EXPECT_THAT(cache_.List(), IsOkAndHolds(IsEmpty()));
}

TEST_F(ArchiveCacheTest, WhatWasAddedIsFound) {
  EXPECT_THAT(cache_.Find(Wheel()), IsOkAndHolds(std::nullopt));
  const Result<ArchivePlan> plan = Add(cache_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(cache_.Find(Wheel()), IsOkAndHolds(Optional(*plan)));
  EXPECT_THAT(filesystem_.ReadFile(File()), IsOkAndHolds("a = 1\n"));
  EXPECT_THAT(cache_.List(), IsOkAndHolds(ElementsAre(Wheel())));
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(ArchiveCacheTest, AddingTwiceUnpacksOnce) {
  ASSERT_THAT(Add(cache_), IsOk());
  const std::uint64_t inode = filesystem_.Stat(File())->inode;
  ASSERT_THAT(Add(cache_), IsOk());
  EXPECT_EQ(filesystem_.Stat(File())->inode, inode);
}

TEST_F(ArchiveCacheTest, ADamagedPlanIsNoArchive) {
  ASSERT_THAT(Add(cache_), IsOk());
  ASSERT_THAT(os::ReplaceFile(filesystem_, layout_.ArchiveDirectory(Wheel()) + "/plan", "half"),
              IsOk());
  EXPECT_THAT(cache_.Find(Wheel()), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(Add(cache_), IsOk());
  EXPECT_THAT(cache_.Verify(Wheel()), IsOk());
}

TEST_F(ArchiveCacheTest, VerifyNamesTheChangedFile) {
  ASSERT_THAT(Add(cache_), IsOk());
  ASSERT_THAT(os::ReplaceFile(filesystem_, File(), "a = 2\n", 0444), IsOk());
  EXPECT_THAT(cache_.Verify(Wheel()), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(cache_.Verify(Wheel()), HasMessage(HasSubstr("demo/a.py is not what was unpacked")));
}

TEST_F(ArchiveCacheTest, CheckPresentNamesTheMissingFile) {
  ASSERT_THAT(Add(cache_), IsOk());
  ASSERT_THAT(filesystem_.RemoveFile(File()), IsOk());
  EXPECT_THAT(cache_.CheckPresent(Wheel()), HasMessage(HasSubstr("demo/a.py is missing")));
}

TEST_F(ArchiveCacheTest, ABadWheelLeavesNothingBehind) {
  wheel_.AddRecordLine("demo/gone.py,,");
  EXPECT_THAT(Add(cache_), HasMessage(HasSubstr("while unpacking demo-1.0-py3-none-any.whl")));
  EXPECT_THAT(cache_.Find(Wheel()), IsOkAndHolds(std::nullopt));
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(ArchiveCacheTest, AFailureAnywhereLeavesNothingOrEverything) {
  for (std::uint64_t operation = 1;; ++operation) {
    ASSERT_LT(operation, 500U);
    os::FaultyFileSystem faulty(filesystem_);
    faulty.FailFrom(operation, {.code = ErrorCode::kIo, .message = "disk on fire"});
    ArchiveCache dying(faulty, layout_);
    const bool done = Add(dying).has_value();
    if (cache_.Find(Wheel())->has_value()) {
      EXPECT_THAT(cache_.Verify(Wheel()), IsOk()) << operation;
    } else {
      EXPECT_FALSE(done) << operation;
    }
    EXPECT_THAT(Add(cache_), IsOk()) << operation;
    RemoveAbandonedStaging(filesystem_, layout_);
    EXPECT_THAT(Unfinished(), IsEmpty()) << operation;
    if (faulty.operation_count() < operation) {
      break;
    }
    ASSERT_THAT(cache_.Discard(Wheel()), IsOk());
  }
}

TEST_F(ArchiveCacheTest, WorkOfTheLivingIsNotRemoved) {
  const Result<StagingDirectory> mine = StagingDirectory::Create(filesystem_, layout_);
  ASSERT_THAT(mine, IsOk());
  const std::string abandoned = layout_.temporary() + "/1-2-3";
  ASSERT_THAT(os::MakeDirectories(filesystem_, abandoned + "/site"), IsOk());
  RemoveAbandonedStaging(filesystem_, layout_);
  EXPECT_THAT(os::Exists(filesystem_, mine->path()), IsOkAndHolds(true));
  EXPECT_THAT(os::Exists(filesystem_, abandoned), IsOkAndHolds(false));
}

}  // namespace
}  // namespace flowstone::install
