#include "flowstone/pypi/tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasMessage;
using ::testing::HasSubstr;

TEST(Tag, IsLowerCase) {
  EXPECT_EQ(Tag::Parse("CP312-ABI3-Win_AMD64")->ToString(), "cp312-abi3-win_amd64");
}

TEST(Tag, RefusesSetsOfSeveral) {
  EXPECT_THAT(Tag::Parse("py2.py3-none-any"), HasMessage(HasSubstr("stands for several")));
}

TEST(TagSet, ExpandsToEveryCombination) {
  const TagSet set = *TagSet::Parse("py2.py3-none-any.win32");
  ASSERT_EQ(set.Expand().size(), 4U);
  EXPECT_EQ(set.Expand()[1].ToString(), "py2-none-win32");
  EXPECT_EQ(set.ToString(), "py2.py3-none-any.win32");
}

TEST(TagSet, ErrorsSayWhy) {
  EXPECT_THAT(TagSet::Parse("py3-none"), HasMessage(HasSubstr("three parts")));
  EXPECT_THAT(TagSet::Parse("py3-none-any-x"), HasMessage(HasSubstr("three parts")));
  EXPECT_THAT(TagSet::Parse("py3.-none-any"), HasMessage(HasSubstr("a part is empty")));
  EXPECT_THAT(TagSet::Parse("3py-none-any"), HasMessage(HasSubstr("names no interpreter")));
}

TEST(TagSet, RefusesMoreCombinationsThanAnyWheelHas) {
  std::string many = "a";
  for (int i = 0; i < 50; ++i) {
    many += ".a" + std::to_string(i);
  }
  EXPECT_THAT(TagSet::Parse(many + "-" + many + "-" + many), HasMessage(HasSubstr("too many")));
}

}  // namespace
}  // namespace flowstone::pypi
