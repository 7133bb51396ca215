#include "flowstone/net/http_date.h"

#include <gtest/gtest.h>

#include <string>

namespace flowstone::net {
namespace {

// The three spellings of RFC 9110 §5.6.7 of one moment.
TEST(HttpDateTest, ReadsAllThreeSpellings) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_EQ(ParseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
  EXPECT_EQ(ParseHttpDate("Sun Nov  6 08:49:37 1994"), 784111777);
}

TEST(HttpDateTest, KnowsLeapYearsAndTheEpoch) {
  EXPECT_EQ(ParseHttpDate("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  EXPECT_EQ(ParseHttpDate("Thu, 29 Feb 2024 00:00:00 GMT"), 1709164800);
  EXPECT_EQ(ParseHttpDate("Fri, 01 Mar 2024 00:00:00 GMT"), 1709251200);
}

TEST(HttpDateTest, RefusesEverythingElse) {
  for (const std::string text :
       {"", "now", "120", "Sun, 06 Nov 1994", "Sun, 6x Nov 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sunday, 06-Nov 08:49:37 GMT"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace flowstone::net
