#include "flowstone/install/archive_claim.h"

#include <gmock/gmock.h>

#include <array>
#include <utility>

#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::ElementsAre;
using testing::HasCode;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;

class ArchiveClaimTest : public CacheFixture {
 protected:
  Result<ArchiveClaim> Claim() { return ArchiveClaim::Make(filesystem_, layout_, wheels_); }
  Result<std::set<Digest>> Claimed(DeadClaims dead = DeadClaims::kKept) {
    return ClaimedWheels(filesystem_, layout_, dead);
  }

  const std::array<Digest, 1> wheels_ = {Digest::Of("a wheel")};
};

TEST_F(ArchiveClaimTest, IsSeenWhileItLives) {
  EXPECT_THAT(Claimed(), IsOkAndHolds(IsEmpty()));
  {
    const Result<ArchiveClaim> claim = Claim();
    ASSERT_THAT(claim, IsOk());
    EXPECT_THAT(Claimed(), IsOkAndHolds(ElementsAre(wheels_[0])));
  }
  EXPECT_THAT(Claimed(), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(filesystem_.ListDirectory(layout_.claims()), IsOkAndHolds(IsEmpty()));
}

TEST_F(ArchiveClaimTest, MovesWithItsOwner) {
  Result<ArchiveClaim> claim = Claim();
  ASSERT_THAT(claim, IsOk());
  const ArchiveClaim mine = *std::move(claim);
  EXPECT_THAT(Claimed(), IsOkAndHolds(ElementsAre(wheels_[0])));
}

TEST_F(ArchiveClaimTest, OfADeadOwnerCountsForNothing) {
  ASSERT_THAT(os::MakeDirectories(filesystem_, layout_.claims()), IsOk());
  const std::string left = layout_.claims() + "/left";
  ASSERT_THAT(os::ReplaceFile(filesystem_, left, wheels_[0].ToString() + "\n"), IsOk());
  EXPECT_THAT(Claimed(), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(filesystem_.Lstat(left), IsOk());
  EXPECT_THAT(Claimed(DeadClaims::kRemoved), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(filesystem_.Lstat(left), HasCode(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace flowstone::install
