// What every Clock does, the system's and the fake.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "flowstone/os/fake_clock.h"
#include "flowstone/os/system_clock.h"

namespace flowstone::os {
namespace {

using std::chrono_literals::operator""ms;

template <class Kind>
class ClockContract : public ::testing::Test {
 protected:
  Kind clock_;
};

using Clocks = ::testing::Types<FakeClock, SystemClock>;
TYPED_TEST_SUITE(ClockContract, Clocks);

TYPED_TEST(ClockContract, TheMonotonicTimeNeverGoesBack) {
  const std::int64_t first = this->clock_.MonotonicNs();
  EXPECT_GE(this->clock_.MonotonicNs(), first);
}

TYPED_TEST(ClockContract, ASleepTakesAtLeastItsTime) {
  const std::int64_t start = this->clock_.MonotonicNs();
  this->clock_.Sleep(2ms);
  EXPECT_GE(this->clock_.MonotonicNs() - start, 2'000'000);
}

TYPED_TEST(ClockContract, TheWallClockCountsFromTheUnixEpoch) {
  constexpr std::int64_t year_2025_ns = 1'735'689'600'000'000'000;
  EXPECT_GT(this->clock_.NowNs(), year_2025_ns);
}

}  // namespace
}  // namespace flowstone::os
