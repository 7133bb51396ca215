#include "flowstone/base/text.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

namespace flowstone {
namespace {

using ::testing::ElementsAre;

TEST(SplitText, KeepsEmptyPieces) {
  EXPECT_THAT(SplitText("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(SplitText("", ','), ElementsAre(""));
}

TEST(SplitLines, DropsCarriageReturnsAndTheTrailingNewline) {
  EXPECT_THAT(SplitLines("a\r\n\nb\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(SplitLines(""), ElementsAre());
}

TEST(TrimText, RemovesAsciiSpaceOnly) {
  EXPECT_EQ(TrimText(" \t a b\n"), "a b");
}

TEST(IsUtf8, AcceptsWellFormedText) {
  EXPECT_TRUE(IsUtf8("plain"));
  EXPECT_TRUE(IsUtf8("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x8C\x8A"));
}

TEST(IsUtf8, RefusesOverlongSurrogateAndTruncatedSequences) {
  EXPECT_FALSE(IsUtf8("\xC0\xAF"));
  EXPECT_FALSE(IsUtf8("\xE0\x80\xAF"));
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(IsUtf8("\xE2\x82"));
  EXPECT_FALSE(IsUtf8("\xFF"));
}

TEST(NearestSpelling, FindsAMisspellingButNotAnotherWord) {
  const std::vector<std::string> commands = {"run", "resume", "show"};
  EXPECT_EQ(NearestSpelling("resme", commands), "resume");
  EXPECT_EQ(NearestSpelling("environment", commands), std::nullopt);
}

TEST(CountOf, OneIsSingular) {
  EXPECT_EQ(CountOf(0, "package"), "0 packages");
  EXPECT_EQ(CountOf(1, "package"), "1 package");
  EXPECT_EQ(CountOf(2, "package"), "2 packages");
}

}  // namespace
}  // namespace flowstone
