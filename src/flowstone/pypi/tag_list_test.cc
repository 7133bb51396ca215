#include "flowstone/pypi/tag_list.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace flowstone::pypi {
namespace {

TagList ListOf(const std::vector<std::string>& texts) {
  std::vector<Tag> tags;
  tags.reserve(texts.size());
  for (const std::string& text : texts) {
    tags.push_back(*Tag::Parse(text));
  }
  return TagList(tags);
}

TEST(TagList, TheBestCombinationCounts) {
  const TagList list = ListOf({"cp312-cp312-linux_x86_64", "py3-none-any", "py2-none-any"});
  EXPECT_EQ(list.Priority(*TagSet::Parse("py2.py3-none-any")), 1U);
  EXPECT_EQ(list.Priority(*Tag::Parse("cp312-cp312-linux_x86_64")), 0U);
  EXPECT_EQ(list.Priority(*Tag::Parse("cp312-none-any")), std::nullopt);
}

TEST(TagList, TheFirstOfRepeatedTagsCounts) {
  const TagList list = ListOf({"a-b-c", "d-e-f", "a-b-c"});
  EXPECT_EQ(list.size(), 2U);
  EXPECT_EQ(list.Priority(*Tag::Parse("a-b-c")), 0U);
}

TEST(TagList, ReadsSetsAsFileNamesHaveThem) {
  const TagList list = ListOf({"cp312-cp312-linux_x86_64", "py3-none-any"});
  EXPECT_EQ(list.PriorityOf("py2.py3-none-any"), 1U);
  EXPECT_EQ(list.PriorityOf("CP312-cp312-win32.Linux_x86_64"), 0U);
  EXPECT_EQ(list.PriorityOf("py3-none"), std::nullopt);
  EXPECT_EQ(list.PriorityOf("py3-none-any-any"), std::nullopt);
  EXPECT_EQ(list.PriorityOf("cp312-none-any"), std::nullopt);
}

TEST(TagList, GivesItsTagsInOrder) {
  const TagList list = ListOf({"cp312-abi3-linux_x86_64", "py3-none-any"});
  EXPECT_EQ(list[0].ToString(), "cp312-abi3-linux_x86_64");
  EXPECT_EQ(list[1].ToString(), "py3-none-any");
  EXPECT_EQ(list.platforms(), (std::vector<std::string>{"linux_x86_64", "any"}));
}

TEST(TagList, IsEqualToAListOfTheSameTags) {
  EXPECT_EQ(ListOf({"a-b-c", "d-e-f"}), ListOf({"a-b-c", "d-e-f", "a-b-c"}));
  EXPECT_NE(ListOf({"a-b-c", "d-e-f"}), ListOf({"d-e-f", "a-b-c"}));
  EXPECT_EQ(TagList(), ListOf({}));
  EXPECT_TRUE(TagList().empty());
}

}  // namespace
}  // namespace flowstone::pypi
