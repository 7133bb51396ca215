#include "flowstone/net/content_range.h"

#include <gtest/gtest.h>

#include <string>

namespace flowstone::net {
namespace {

TEST(ContentRangeTest, ReadsTheHeader) {
  EXPECT_EQ(ParseContentRange("bytes 0-499/1234"),
            (ContentRange{.offset = 0, .length = 500, .total = 1234}));
  EXPECT_EQ(ParseContentRange(" Bytes 42-42/43 "),
            (ContentRange{.offset = 42, .length = 1, .total = 43}));
}

TEST(ContentRangeTest, RefusesWhatItCannotRelyOn) {
  for (const std::string text :
       {"", "bytes */1234", "bytes 0-499/*", "bytes 5-4/10", "bytes 0-10/10", "items 0-1/2",
        "bytes 0-499", "bytes -1-2/3", "bytes 0-99999999999999999999/1"}) {
    EXPECT_EQ(ParseContentRange(text), std::nullopt) << text;
  }
}

TEST(ContentRangeTest, SelectsWhatARangeMeans) {
  EXPECT_EQ(Select({.first = 2, .last = 4}, 10),
            (ContentRange{.offset = 2, .length = 3, .total = 10}));
  EXPECT_EQ(Select({.first = 2, .last = 99}, 10),
            (ContentRange{.offset = 2, .length = 8, .total = 10}));
  EXPECT_EQ(Select({.first = 2}, 10), (ContentRange{.offset = 2, .length = 8, .total = 10}));
  EXPECT_EQ(Select({.suffix = 99}, 10), (ContentRange{.offset = 0, .length = 10, .total = 10}));
  EXPECT_EQ(Select({.first = 10}, 10), std::nullopt);
  EXPECT_EQ(Select({.suffix = 0}, 10), std::nullopt);
  EXPECT_EQ(Select({.suffix = 5}, 0), std::nullopt);
}

TEST(ContentRangeTest, WritesTheRequest) {
  EXPECT_EQ(RangeSpec({.first = 2, .last = 4}), "2-4");
  EXPECT_EQ(RangeSpec({.first = 2}), "2-");
  EXPECT_EQ(RangeSpec({.suffix = 7}), "-7");
}

}  // namespace
}  // namespace flowstone::net
