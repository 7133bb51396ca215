#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "flowstone/os/fake_clock.h"
#include "flowstone/os/system_clock.h"

namespace flowstone::os {
namespace {

using std::chrono_literals::operator""s;
using ::testing::ElementsAre;

TEST(FakeClock, StandsStillUntilMoved) {
  FakeClock clock(1000);
  EXPECT_EQ(clock.NowNs(), 1000);
  EXPECT_EQ(clock.NowNs(), 1000);
  clock.Advance(2s);
  EXPECT_EQ(clock.NowNs(), 2'000'001'000);
  EXPECT_EQ(clock.MonotonicNs(), 2'000'000'000);
}

TEST(FakeClock, SleepingMovesItAndIsRecorded) {
  FakeClock clock;
  const std::int64_t start = clock.MonotonicNs();
  clock.Sleep(3s);
  clock.Sleep(1s);
  EXPECT_EQ(clock.MonotonicNs() - start, 4'000'000'000);
  EXPECT_THAT(clock.sleeps(), ElementsAre(3s, 1s));
}

TEST(FakeClock, AJumpOfTheWallClockLeavesTheMonotonicOneAlone) {
  FakeClock clock;
  clock.SetNow(5);
  EXPECT_EQ(clock.NowNs(), 5);
  EXPECT_EQ(clock.MonotonicNs(), 0);
}

TEST(SystemClock, ASleepTakesAtLeastItsTime) {
  SystemClock clock;
  const std::int64_t before = clock.MonotonicNs();
  clock.Sleep(std::chrono::milliseconds(1));
  EXPECT_GE(clock.MonotonicNs() - before, 1'000'000);
}

TEST(SystemClock, KnowsThatItIsAfter2020) {
  EXPECT_GT(SystemClock().NowNs(), 1'577'836'800'000'000'000);
}

}  // namespace
}  // namespace flowstone::os
