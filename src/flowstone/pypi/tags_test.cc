#include "flowstone/pypi/tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasMessage;
using ::testing::HasSubstr;

TagList List(const std::vector<std::string>& texts) {
  std::vector<Tag> tags;
  tags.reserve(texts.size());
  for (const std::string& text : texts) {
    tags.push_back(*Tag::Parse(text));
  }
  return TagList(std::move(tags));
}

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

TEST(TagList, TheBestCombinationCounts) {
  const TagList list = List({"cp312-cp312-linux_x86_64", "py3-none-any", "py2-none-any"});
  EXPECT_EQ(list.Priority(*TagSet::Parse("py2.py3-none-any")), 1U);
  EXPECT_EQ(list.Priority(*Tag::Parse("cp312-cp312-linux_x86_64")), 0U);
  EXPECT_EQ(list.Priority(*Tag::Parse("cp312-none-any")), std::nullopt);
}

TEST(TagList, TheFirstOfRepeatedTagsCounts) {
  const TagList list = List({"a-b-c", "d-e-f", "a-b-c"});
  EXPECT_EQ(list.tags().size(), 2U);
  EXPECT_EQ(list.Priority(*Tag::Parse("a-b-c")), 0U);
}

}  // namespace
}  // namespace flowstone::pypi
