#include "flowstone/lock/timestamp.h"

#include <gtest/gtest.h>

#include <optional>

namespace flowstone::lock {
namespace {

TEST(Timestamp, FormatsUtcWithTheFractionThatIsThere) {
  EXPECT_EQ(FormatTimestamp(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatTimestamp(1'709'210'096'000'000), "2024-02-29T12:34:56Z");
  EXPECT_EQ(FormatTimestamp(1'709'210'096'250'000), "2024-02-29T12:34:56.25Z");
}

TEST(Timestamp, ReadsWhatItWrites) {
  for (const std::int64_t moment : {std::int64_t{0}, std::int64_t{1'709'210'096'250'001},
                                    std::int64_t{4'102'444'799'000'000}}) {
    EXPECT_EQ(ParseTimestamp(FormatTimestamp(moment)), moment);
  }
}

TEST(Timestamp, DateIsItsFirstMoment) {
  EXPECT_EQ(ParseTimestamp("2026-11-01"), ParseTimestamp("2026-11-01T00:00:00Z"));
}

TEST(Timestamp, OffsetsAreTakenIntoAccount) {
  EXPECT_EQ(ParseTimestamp("2026-11-01T02:30:00+02:30"), ParseTimestamp("2026-11-01T00:00:00Z"));
  EXPECT_EQ(ParseTimestamp("2026-10-31T23:00:00-01:00"), ParseTimestamp("2026-11-01T00:00:00Z"));
}

TEST(Timestamp, RefusesWhatIsNoMoment) {
  for (const char* text : {"", "2026", "2026-02-30", "2026-13-01", "2026-11-01T25:00:00Z",
                           "2026-11-01T00:00:00", "2026-11-01T00:00:00Zx", "yesterday"}) {
    EXPECT_EQ(ParseTimestamp(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace flowstone::lock
