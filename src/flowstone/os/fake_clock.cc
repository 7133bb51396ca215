#include "flowstone/os/fake_clock.h"

namespace flowstone::os {

FakeClock::FakeClock(std::int64_t now_ns) : now_ns_(now_ns) {}

std::int64_t FakeClock::NowNs() {
  const std::lock_guard lock(mutex_);
  return now_ns_;
}

std::int64_t FakeClock::MonotonicNs() {
  const std::lock_guard lock(mutex_);
  return monotonic_ns_;
}

void FakeClock::Sleep(std::chrono::nanoseconds duration) {
  {
    const std::lock_guard lock(mutex_);
    sleeps_.push_back(duration);
  }
  Advance(duration);
}

void FakeClock::Advance(std::chrono::nanoseconds duration) {
  const std::lock_guard lock(mutex_);
  now_ns_ += duration.count();
  monotonic_ns_ += duration.count();
}

void FakeClock::SetNow(std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  now_ns_ = now_ns;
}

std::vector<std::chrono::nanoseconds> FakeClock::sleeps() const {
  const std::lock_guard lock(mutex_);
  return sleeps_;
}

}  // namespace flowstone::os
