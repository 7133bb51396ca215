#include "flowstone/install/link_mode.h"

#include <gmock/gmock.h>

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LinkMode, NamesAndModesAreInverse) {
  for (const LinkMode mode :
       {LinkMode::kSymlink, LinkMode::kHardlink, LinkMode::kClone, LinkMode::kCopy}) {
    const std::string name(LinkModeName(mode));
    EXPECT_EQ(LinkModeOf(name), mode);
    const Result<LinkWish> wish = ParseLinkWish(name);
    ASSERT_THAT(wish, IsOk());
    EXPECT_EQ(wish->mode, mode);
    EXPECT_EQ(wish->layer, Layer::kShared);
  }
}

TEST(LinkMode, OverlayIsALayerOverTheOrdinaryEnvironment) {
  const Result<LinkWish> wish = ParseLinkWish("overlay");
  ASSERT_THAT(wish, IsOk());
  EXPECT_EQ(wish->mode, std::nullopt);
  EXPECT_EQ(wish->layer, Layer::kPrivate);
  // No environment comes to be so, and no record says it.
  EXPECT_THAT(ParseLinkMode("overlay"), HasCode(ErrorCode::kInvalid));
}

TEST(LinkMode, AnUnknownNameIsToldThoseThereAre) {
  const Result<LinkWish> wish = ParseLinkWish("reflink");
  ASSERT_THAT(wish, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(wish.error().message, HasSubstr("\"reflink\""));
  EXPECT_THAT(wish.error().hints,
              ElementsAre("link modes are symlink, hardlink, clone, copy and overlay"));
}

}  // namespace
}  // namespace flowstone::install
