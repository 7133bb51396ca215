#include "flowstone/os/system_clock.h"

#include <cerrno>
#include <ctime>

namespace flowstone::os {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

std::int64_t Read(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * kSecondNs + time.tv_nsec;
}

}  // namespace

std::int64_t SystemClock::NowNs() {
  return Read(CLOCK_REALTIME);
}

std::int64_t SystemClock::MonotonicNs() {
  return Read(CLOCK_MONOTONIC);
}

void SystemClock::Sleep(std::chrono::nanoseconds duration) {
  if (duration.count() <= 0) {
    return;
  }
  // Until a point in time, so that signals do not lengthen the sleep.
  const std::int64_t until = MonotonicNs() + duration.count();
  timespec time{};
  time.tv_sec = until / kSecondNs;
  time.tv_nsec = until % kSecondNs;
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) == EINTR) {
  }
}

}  // namespace flowstone::os
