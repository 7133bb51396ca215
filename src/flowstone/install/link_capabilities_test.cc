#include "flowstone/install/link_capabilities.h"

#include <gmock/gmock.h>

#include <string>

#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::SizeIs;

class LinkCapabilitiesTest : public CacheFixture {
 protected:
  LinkCapabilitiesTest() : target_(home_.path() + "/target") {
    EXPECT_THAT(filesystem_.MakeDirectory(target_, 0755), IsOk());
  }
  std::string target_;
};

TEST_F(LinkCapabilitiesTest, ALocalDiskHasBothKindsOfLinks) {
  const Result<LinkCapabilities> links = MeasureLinks(filesystem_, layout_, target_);
  ASSERT_THAT(links, IsOk());
  EXPECT_TRUE(links->symbolic_links);
  EXPECT_TRUE(links->hard_links);
  EXPECT_EQ(links->name_case, NameCase::kSensitive);
}

TEST_F(LinkCapabilitiesTest, NothingIsLeftBehind) {
  ASSERT_THAT(MeasureLinks(filesystem_, layout_, target_), IsOk());
  EXPECT_THAT(*filesystem_.ListDirectory(target_), IsEmpty());
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(LinkCapabilitiesTest, WhatWasFoundOutIsNotTriedAgain) {
  const Result<LinkCapabilities> measured = RememberedLinks(filesystem_, layout_, target_);
  ASSERT_THAT(measured, IsOk());
  os::FaultyFileSystem counting(filesystem_);
  EXPECT_THAT(RememberedLinks(counting, layout_, target_), IsOkAndHolds(*measured));
  EXPECT_LE(counting.operation_count(), 6U);  // directories, two devices, the memory
}

TEST_F(LinkCapabilitiesTest, ADamagedMemoryIsMeasuredAnew) {
  const Result<LinkCapabilities> measured = RememberedLinks(filesystem_, layout_, target_);
  ASSERT_THAT(measured, IsOk());
  const auto memories = *filesystem_.ListDirectory(layout_.links());
  ASSERT_THAT(memories, SizeIs(1));
  const std::string memory = layout_.links() + "/" + memories[0].name;
  ASSERT_THAT(os::ReplaceFile(filesystem_, memory, "flowstone-links 1 ????\n"), IsOk());
  EXPECT_THAT(RememberedLinks(filesystem_, layout_, target_), IsOkAndHolds(*measured));
  EXPECT_THAT(RememberedLinks(filesystem_, layout_, target_), IsOkAndHolds(*measured));
}

TEST(LinkCapabilities, SharedEnvironmentsHaveAsFewFilesAsPossible) {
  LinkCapabilities links{.symbolic_links = true, .hard_links = true, .clones = true};
  EXPECT_EQ(links.BestForShared(), LinkMode::kSymlink);
  links.symbolic_links = false;
  EXPECT_EQ(links.BestForShared(), LinkMode::kHardlink);
  links.hard_links = false;
  EXPECT_EQ(links.BestForShared(), LinkMode::kClone);
  links.clones = false;
  EXPECT_EQ(links.BestForShared(), LinkMode::kCopy);
}

TEST(LinkCapabilities, WritableEnvironmentsHaveFilesOfTheirOwnWhereThatIsFree) {
  LinkCapabilities links{.symbolic_links = true, .hard_links = true, .clones = true};
  EXPECT_EQ(links.BestForWritable(), LinkMode::kClone);
  links.clones = false;
  EXPECT_EQ(links.BestForWritable(), LinkMode::kHardlink);
  links.hard_links = false;
  EXPECT_EQ(links.BestForWritable(), LinkMode::kCopy);
}

TEST(LinkCapabilities, AreDescribed) {
  EXPECT_EQ((LinkCapabilities{.symbolic_links = true, .hard_links = true}).ToString(),
            "symbolic links and hard links, no clones");
  EXPECT_EQ((LinkCapabilities{.name_case = NameCase::kInsensitive}).ToString(),
            "copies only; A and a are one name");
}

}  // namespace
}  // namespace flowstone::install
