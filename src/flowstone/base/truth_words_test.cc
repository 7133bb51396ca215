#include "flowstone/base/truth_words.h"

#include <gtest/gtest.h>

namespace flowstone {
namespace {

TEST(TruthWordsTest, SayYesInAnyCase) {
  for (const char* word : {"1", "true", "T", "YES", "y", " On "}) {
    EXPECT_TRUE(MeansYes(word)) << word;
    EXPECT_FALSE(MeansNo(word)) << word;
  }
}

TEST(TruthWordsTest, SayNoInAnyCase) {
  for (const char* word : {"0", "false", "F", "NO", "n", " Off "}) {
    EXPECT_TRUE(MeansNo(word)) << word;
    EXPECT_FALSE(MeansYes(word)) << word;
  }
}

TEST(TruthWordsTest, OtherWordsSayNeither) {
  for (const char* word : {"", "2", "truth", "none"}) {
    EXPECT_FALSE(MeansYes(word)) << word;
    EXPECT_FALSE(MeansNo(word)) << word;
  }
}

}  // namespace
}  // namespace flowstone
