#include "flowstone/project/cutoff.h"

#include <gtest/gtest.h>

#include <string>

#include "flowstone/lock/timestamp.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::project {
namespace {

using ::flowstone::testing::HasCode;

std::string At(const std::string& text, DateMeaning date = DateMeaning::kFirstMoment) {
  const std::int64_t now = *lock::ParseTimestamp("2026-11-22T19:30:45.5Z");
  const auto moment = ParseCutoff(text, now, date);
  return moment ? lock::FormatTimestamp(*moment) : "error";
}

TEST(CutoffTest, DatesAndTimesAreThemselves) {
  EXPECT_EQ(At("2026-11-01"), "2026-11-01T00:00:00Z");
  EXPECT_EQ(At("2026-11-01T12:00:00+02:00"), "2026-11-01T10:00:00Z");
}

TEST(CutoffTest, InTablesOfUvADateIncludesItsDay) {
  EXPECT_EQ(At("2026-11-01", DateMeaning::kWholeDay), "2026-11-02T00:00:00Z");
  EXPECT_EQ(At("2026-11-01T12:00:00Z", DateMeaning::kWholeDay), "2026-11-01T12:00:00Z");
}

TEST(CutoffTest, DurationsOfDaysEndAtMidnight) {
  for (const char* text :
       {"14 days", "14d", "2w", "2 weeks", "P14D", "P2W", "14 days ago", "p1w7d"}) {
    EXPECT_EQ(At(text), "2026-11-08T00:00:00Z") << text;
  }
  EXPECT_EQ(At("24 hours"), "2026-11-21T00:00:00Z");
}

TEST(CutoffTest, ShorterDurationsCountFromTheSecond) {
  EXPECT_EQ(At("PT12H"), "2026-11-22T07:30:45Z");
  EXPECT_EQ(At("P1DT30M"), "2026-11-21T19:00:45Z");
  EXPECT_EQ(At("1 day, 30 minutes"), "2026-11-21T19:00:45Z");
}

TEST(CutoffTest, ADurationIsKnownFromADate) {
  EXPECT_TRUE(IsDuration("14 days"));
  EXPECT_TRUE(IsDuration("PT90S"));
  EXPECT_FALSE(IsDuration("2026-11-01"));
  EXPECT_FALSE(IsDuration("soon"));
}

TEST(CutoffTest, WhatHasNoFixedLengthIsRefused) {
  for (const char* text : {"", "soon", "1 month", "P1M", "P1Y", "14", "days", "P", "-2 days",
                           "2026-13-01", "99999999999 days", "PT1D"}) {
    EXPECT_EQ(At(text), "error") << text;
  }
  EXPECT_THAT(ParseCutoff("soon", 0), HasCode(ErrorCode::kInvalid));
}

}  // namespace
}  // namespace flowstone::project
