#include "flowstone/base/digest.h"

#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone {
namespace {

using testing::HasCode;
using testing::IsOkAndHolds;

// FIPS 180-4 example: the one-block message "abc".
constexpr std::string_view kAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, OfAbcIsThePublishedExample) {
  EXPECT_EQ(Digest::Of("abc").ToString(), kAbc);
}

TEST(Digest, ParseIsTheInverseOfToString) {
  EXPECT_THAT(Digest::Parse(kAbc), IsOkAndHolds(Digest::Of("abc")));
}

TEST(Digest, ParseRefusesOtherLengthsAndLetters) {
  EXPECT_THAT(Digest::Parse("abc"), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(Digest::Parse(std::string(64, 'g')), HasCode(ErrorCode::kInvalid));
}

TEST(Hasher, PiecesGiveTheDigestOfTheWhole) {
  Hasher hasher;
  hasher.Update("a");
  hasher.Update("bc");
  EXPECT_EQ(hasher.Finish(), Digest::Of("abc"));
}

TEST(Hasher, StartsAnewAfterFinish) {
  Hasher hasher;
  hasher.Update("something else");
  hasher.Finish();
  hasher.Update("abc");
  EXPECT_EQ(hasher.Finish().ToString(), kAbc);
}

}  // namespace
}  // namespace flowstone
