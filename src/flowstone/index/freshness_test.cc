#include "flowstone/index/freshness.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace flowstone::index {
namespace {

constexpr std::int64_t kNow = 784111777'000'000'000;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::int64_t kSecond = 1'000'000'000;

net::Headers Make(const std::vector<std::pair<std::string, std::string>>& entries) {
  net::Headers headers;
  for (const auto& [name, value] : entries) {
    headers.Add(name, value);
  }
  return headers;
}

std::int64_t Lifetime(const std::vector<std::pair<std::string, std::string>>& entries) {
  const auto freshness = FreshnessOf(Make(entries), kNow);
  return freshness ? freshness->lifetime_s : -1;
}

TEST(FreshnessTest, MaxAgeLessTheAge) {
  EXPECT_EQ(Lifetime({{"Cache-Control", "public, MAX-AGE=600"}}), 600);
  EXPECT_EQ(Lifetime({{"Cache-Control", "max-age=\"600\""}, {"Age", "100"}}), 500);
  EXPECT_EQ(Lifetime({{"Cache-Control", "max-age=600"}, {"Age", "1000"}}), 0);
  EXPECT_EQ(Lifetime({{"Cache-Control", "max-age=soon"}}), 0);
}

TEST(FreshnessTest, AHugeMaxAgeIsAYear) {
  EXPECT_EQ(Lifetime({{"Cache-Control", "max-age=99999999999999999999"}}), 365LL * 24 * 3600);
}

TEST(FreshnessTest, MaxAgeCountsBeforeExpires) {
  EXPECT_EQ(
      Lifetime({{"Expires", "Sun, 06 Nov 1994 08:50:37 GMT"}, {"Cache-Control", "max-age=5"}}), 5);
}

TEST(FreshnessTest, ExpiresCountsFromTheServersOwnDate) {
  EXPECT_EQ(Lifetime({{"Expires", "Sun, 06 Nov 1994 08:50:37 GMT"}}), 60);
  EXPECT_EQ(Lifetime({{"Date", "Sun, 06 Nov 1994 08:50:30 GMT"},
                      {"Expires", "Sun, 06 Nov 1994 08:50:37 GMT"}}),
            7);
  EXPECT_EQ(Lifetime({{"Expires", "0"}}), 0);
}

TEST(FreshnessTest, NoCacheAsksEveryTimeNoStoreForbidsStoring) {
  EXPECT_EQ(Lifetime({{"Cache-Control", "no-cache, max-age=600"}}), 0);
  EXPECT_EQ(Lifetime({{"Cache-Control", "max-age=600"}, {"Cache-Control", "no-store"}}), -1);
}

TEST(FreshnessTest, SaidNothingMeansTenMinutesUnlessItCanBeAsked) {
  EXPECT_EQ(Lifetime({}), 600);
  EXPECT_EQ(Lifetime({{"ETag", "\"1\""}}), 0);
  EXPECT_EQ(Lifetime({{"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"}}), 0);
}

TEST(FreshnessTest, KeepsTheValidators) {
  const auto freshness = FreshnessOf(Make({{"etag", "W/\"1\""}, {"last-modified", "then"}}), kNow);
  EXPECT_EQ(freshness->etag, "W/\"1\"");
  EXPECT_EQ(freshness->last_modified, "then");
}

TEST(FreshnessTest, FreshUntilTheLifetimeIsOver) {
  const Freshness freshness{.received_ns = kNow, .lifetime_s = 600};
  EXPECT_TRUE(IsFresh(freshness, kNow));
  EXPECT_TRUE(IsFresh(freshness, kNow + 599 * kSecond));
  EXPECT_FALSE(IsFresh(freshness, kNow + 600 * kSecond));
}

TEST(FreshnessTest, AnEntryFromTheFutureIsStale) {
  EXPECT_FALSE(IsFresh({.received_ns = kNow + 1, .lifetime_s = 600}, kNow));
}

}  // namespace
}  // namespace flowstone::index
