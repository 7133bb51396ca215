#include "flowstone/app/requirement_lines.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::app {
namespace {

using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using ::testing::HasSubstr;

TEST(ParseRequirementLines, SkipsCommentsAndBlankLines) {
  const auto requirements =
      ParseRequirementLines("# all\n\nsix==1.16  # pinned\r\nrequests[socks]>=2\n", "r.txt");
  ASSERT_THAT(requirements, IsOk());
  ASSERT_EQ(requirements->size(), 2U);
  EXPECT_EQ((*requirements)[0].ToString(), "six==1.16");
  EXPECT_EQ((*requirements)[1].ToString(), "requests[socks]>=2");
}

TEST(ParseRequirementLines, NamesFileAndLineOfAMistake) {
  EXPECT_THAT(ParseRequirementLines("six\n!!\n", "r.txt"), HasMessage(HasSubstr("r.txt line 2")));
}

TEST(ParseRequirementLines, RefusesOptionsInsteadOfIgnoringThem) {
  EXPECT_THAT(ParseRequirementLines("-r other.txt\n", "r.txt"), HasMessage(HasSubstr("'-r'")));
}

}  // namespace
}  // namespace flowstone::app
