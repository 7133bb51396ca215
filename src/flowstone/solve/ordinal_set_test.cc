#include "flowstone/solve/ordinal_set.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

namespace flowstone::solve {
namespace {

// Sizes below, at and beyond a word, and beyond two.
class OrdinalSetOfSize : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  OrdinalSet EveryThird() const {
    OrdinalSet set = OrdinalSet::Empty(GetParam());
    for (Ordinal i = 0; i < GetParam(); i += 3) {
      set.Insert(i);
    }
    return set;
  }
};
INSTANTIATE_TEST_SUITE_P(Sizes, OrdinalSetOfSize,
                         ::testing::Values(1, 2, 63, 64, 65, 130, 256, 257, 300));

TEST_P(OrdinalSetOfSize, FullAndEmptyAreComplements) {
  const OrdinalSet full = OrdinalSet::Full(GetParam());
  EXPECT_TRUE(full.is_full());
  EXPECT_EQ(full.Count(), GetParam());
  EXPECT_EQ(full.Complement(), OrdinalSet::Empty(GetParam()));
  EXPECT_TRUE(full.Complement().is_empty());
}

TEST_P(OrdinalSetOfSize, ComplementHasExactlyTheOthers) {
  const OrdinalSet rest = EveryThird().Complement();
  for (Ordinal i = 0; i < GetParam(); ++i) {
    EXPECT_EQ(rest.Contains(i), i % 3 != 0) << i;
  }
}

TEST_P(OrdinalSetOfSize, ACopyGoesItsOwnWay) {
  const OrdinalSet set = EveryThird();
  OrdinalSet copy = set;
  EXPECT_EQ(copy, set);
  copy.Erase(0);
  EXPECT_NE(copy, set);
  EXPECT_TRUE(set.Contains(0));
  copy = set;
  EXPECT_EQ(copy, set);
}

TEST_P(OrdinalSetOfSize, SubsetsAndDisjointSetsAreTold) {
  const OrdinalSet set = EveryThird();
  const OrdinalSet last = OrdinalSet::Only(GetParam(), GetParam() - 1);
  EXPECT_EQ(last.IsSubsetOf(set), set.Contains(GetParam() - 1));
  EXPECT_EQ(last.IsDisjointFrom(set), !set.Contains(GetParam() - 1));
  EXPECT_TRUE(set.IsDisjointFrom(set.Complement()));
}

TEST_P(OrdinalSetOfSize, IterationFindsTheMembersInOrder) {
  const OrdinalSet set = EveryThird();
  Ordinal expected = 0;
  for (std::optional<Ordinal> i = set.Lowest(); i; i = set.LowestAtOrAfter(*i + 1)) {
    EXPECT_EQ(*i, expected);
    expected += 3;
  }
  EXPECT_EQ(expected, 3 * set.Count());
  EXPECT_EQ(set.Highest(), expected - 3);
}

TEST_P(OrdinalSetOfSize, AlgebraFollowsMembership) {
  const OrdinalSet third = EveryThird();
  const OrdinalSet full = OrdinalSet::Full(GetParam());
  EXPECT_EQ(third & full, third);
  EXPECT_EQ(third | third.Complement(), full);
  EXPECT_EQ(full - third, third.Complement());
  EXPECT_TRUE(third.IsSubsetOf(full));
  EXPECT_EQ(full.IsSubsetOf(third), GetParam() == 1);
  EXPECT_TRUE(third.IsDisjointFrom(third.Complement()));
  EXPECT_FALSE(third.IsDisjointFrom(full));
}

TEST_P(OrdinalSetOfSize, GrowingAndShrinkingKeepsTheMembers) {
  const OrdinalSet third = EveryThird();
  EXPECT_EQ(third.Resized(GetParam() + 1).Count(), third.Count());
  EXPECT_EQ(third.Resized(GetParam() + 1).Resized(GetParam()), third);
  EXPECT_EQ(OrdinalSet::Full(GetParam() + 70).Resized(GetParam()), OrdinalSet::Full(GetParam()));
}

TEST(OrdinalSet, EmptyUniverseHasNoMembers) {
  const OrdinalSet set = OrdinalSet::Full(0);
  EXPECT_TRUE(set.is_empty());
  EXPECT_TRUE(set.is_full());
  EXPECT_EQ(set.Lowest(), std::nullopt);
  EXPECT_EQ(set.Highest(), std::nullopt);
}

TEST(OrdinalSet, EraseUndoesInsert) {
  OrdinalSet set = OrdinalSet::Only(100, 70);
  set.Insert(3);
  set.Erase(70);
  EXPECT_EQ(set, OrdinalSet::Only(100, 3));
}

TEST(OrdinalSet, ARangeIsItsMembersOneByOne) {
  for (const std::uint32_t size : {1U, 64U, 65U, 200U, 270U}) {
    for (Ordinal first = 0; first <= size; first += 7) {
      for (Ordinal last = 0; last <= size; ++last) {
        OrdinalSet one_by_one = OrdinalSet::Only(size, 0);
        for (Ordinal i = first; i < last; ++i) {
          one_by_one.Insert(i);
        }
        OrdinalSet at_once = OrdinalSet::Only(size, 0);
        at_once.InsertRange(first, last);
        EXPECT_EQ(at_once, one_by_one) << size << " " << first << " " << last;
      }
    }
  }
}

}  // namespace
}  // namespace flowstone::solve
