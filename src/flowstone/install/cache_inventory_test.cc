#include "flowstone/install/cache_inventory.h"

#include <gmock/gmock.h>

#include <map>
#include <string>

#include "flowstone/install/staging_directory.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/os/lease.h"
#include "flowstone/os/path.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;

constexpr std::int64_t kNow = 1'800'000'000'000'000'000;

class CacheInventoryTest : public CacheFixture {
 protected:
  // A file of that size, and the directories above it.
  void Put(const std::string& path, std::size_t size = 100) {
    const std::string whole = home_.path() + "/home/" + path;
    ASSERT_THAT(os::MakeDirectories(filesystem_, os::DirName(whole)), IsOk());
    ASSERT_THAT(os::ReplaceFile(filesystem_, whole, std::string(size, 'x')), IsOk());
  }
  CacheInventory Take() { return *TakeInventory(filesystem_, home_.path() + "/home", kNow); }
  std::size_t CountOf(CacheKind kind) { return Take().Of(kind).items; }

  // As `du` counts: each file once, and all directories.
  std::uint64_t DiskUse() {
    const std::string root = home_.path() + "/home";
    std::map<std::uint64_t, std::uint64_t> bytes = {
        {filesystem_.Lstat(root)->inode, filesystem_.Lstat(root)->allocated}};
    EXPECT_THAT(os::WalkTree(filesystem_, root,
                             [&](const os::WalkEntry& entry) -> Result<os::WalkNext> {
                               bytes[entry.info.inode] = entry.info.allocated;
                               return os::WalkNext::kDescend;
                             }),
                IsOk());
    std::uint64_t sum = 0;
    for (const auto& [inode, allocated] : bytes) {
      sum += allocated;
    }
    return sum;
  }

  const std::string hex_ = std::string(64, 'a');
};

TEST_F(CacheInventoryTest, NoHomeIsAnEmptyOne) {
  const CacheInventory inventory = Take();
  EXPECT_THAT(inventory.items, IsEmpty());
  EXPECT_EQ(inventory.total(), 0);
}

TEST_F(CacheInventoryTest, EveryKindIsTold) {
  Put("v1/arc/aa/" + hex_ + "/plan");
  Put("v1/pyc/cpython-311/aa/" + hex_ + "/plan");
  Put("v1/env/" + hex_ + "/pyvenv.cfg");
  Put("v1/build/wheel/aa/" + hex_ + "/record.json");
  Put("v1/build/log/demo.log");
  Put("v1/index/knowledge-3/log");
  Put("v1/part/" + hex_);
  Put("v1/part/" + hex_ + ".validator");
  Put("v1/bad/" + hex_ + "/plan");
  Put("v1/tmp/1-2-3/file");
  Put("v1/tmp/1-2-3.lock");
  Put("v1/compile/4-5-6");
  Put("v1/interp/" + hex_);
  Put("v1/lock/claims.lock");
  Put("v1/python/cpython-3.13.7/bin/python3");
  Put("notes.txt");
  const std::map<CacheKind, std::size_t> expected = {
      {CacheKind::kPackages, 1}, {CacheKind::kBytecode, 1},  {CacheKind::kEnvironments, 1},
      {CacheKind::kBuilds, 2},   {CacheKind::kIndex, 1},     {CacheKind::kDownloads, 1},
      {CacheKind::kDamaged, 1},  {CacheKind::kTemporary, 2}, {CacheKind::kRecords, 1},
      {CacheKind::kPythons, 1},  {CacheKind::kOther, 0}};
  for (const auto& [kind, count] : expected) {
    EXPECT_EQ(CountOf(kind), count) << CacheKindName(kind);
  }
}

TEST_F(CacheInventoryTest, TheKindsTogetherAreWhatTheDiskHas) {
  Put("v1/arc/aa/" + hex_ + "/site/demo.py", 10'000);
  Put("v1/env/" + hex_ + "/pyvenv.cfg");
  Put("v1/arc/stray");
  Put("v1/unknown/deep/file", 5'000);
  Put("elsewhere/file");
  const std::string home = home_.path() + "/home/v1/";
  ASSERT_THAT(filesystem_.MakeHardLink(home + "arc/aa/" + hex_ + "/site/demo.py",
                                       home + "env/" + hex_ + "/demo.py"),
              IsOk());
  ASSERT_THAT(filesystem_.MakeSymlink("pyvenv.cfg", home + "env/" + hex_ + "/link"), IsOk());
  EXPECT_EQ(Take().total(), DiskUse());
}

TEST_F(CacheInventoryTest, AFileWithTwoNamesIsThePackages) {
  Put("v1/arc/aa/" + hex_ + "/site/demo.py", 100'000);
  const std::uint64_t before = Take().Of(CacheKind::kPackages).bytes;
  Put("v1/env/" + hex_ + "/pyvenv.cfg");
  const std::string home = home_.path() + "/home/v1/";
  ASSERT_THAT(filesystem_.MakeHardLink(home + "arc/aa/" + hex_ + "/site/demo.py",
                                       home + "env/" + hex_ + "/demo.py"),
              IsOk());
  EXPECT_EQ(Take().Of(CacheKind::kPackages).bytes, before);
  EXPECT_LT(Take().Of(CacheKind::kEnvironments).bytes, 100'000);
}

TEST_F(CacheInventoryTest, WhatIsLeasedHasAnObstacle) {
  Put("v1/env/" + hex_ + "/pyvenv.cfg");
  EXPECT_EQ(Take().items.front().obstacle, "");
  const auto lease = os::Lease::Hold(layout_.environments() + "/" + hex_);
  ASSERT_TRUE(lease && *lease);
  EXPECT_THAT(Take().items.front().obstacle, HasSubstr("in use by "));
}

TEST_F(CacheInventoryTest, WorkInProgressHasAnObstacleAndWhatAKilledProcessLeftHasNone) {
  Put("v1/tmp/left/file");
  Put("v1/tmp/left.lock");
  const auto working = StagingDirectory::Create(filesystem_, layout_);
  ASSERT_THAT(working, IsOk());
  std::map<std::string, std::string> obstacles;
  for (const CacheItem& item : Take().items) {
    if (item.kind == CacheKind::kTemporary) {
      obstacles[item.path] = item.obstacle;
    }
  }
  ASSERT_EQ(obstacles.size(), 2);
  EXPECT_EQ(obstacles.at(layout_.temporary() + "/left"), "");
  EXPECT_THAT(obstacles.at(working->path()), HasSubstr("in use by "));
}

TEST(CacheKindTest, OnlyWhatCanBeCleanedIsAKindToClean) {
  EXPECT_THAT(ParseCacheKind("downloads"), IsOkAndHolds(CacheKind::kDownloads));
  EXPECT_THAT(ParseCacheKind("everything"),
              HasMessage(HasSubstr("'everything' is nothing that can be cleaned")));
  EXPECT_THAT(ParseCacheKind("pythons"), HasCode(ErrorCode::kInvalid));
}

}  // namespace
}  // namespace flowstone::install
