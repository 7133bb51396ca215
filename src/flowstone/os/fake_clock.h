// FakeClock: time that stands still until the test, or a Sleep, moves it. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

#include "flowstone/os/clock.h"

namespace flowstone::os {

class FakeClock final : public Clock {
 public:
  // Starts at 2026-01-01T00:00:00Z.
  FakeClock() = default;
  explicit FakeClock(std::int64_t now_ns);

  std::int64_t NowNs() override;
  std::int64_t MonotonicNs() override;
  // Returns at once, with the clock advanced.
  void Sleep(std::chrono::nanoseconds duration) override;

  void Advance(std::chrono::nanoseconds duration);
  // The wall clock jumps; the monotonic one does not.
  void SetNow(std::int64_t now_ns);
  // What was slept, in order.
  std::vector<std::chrono::nanoseconds> sleeps() const;

 private:
  mutable std::mutex mutex_;
  std::int64_t now_ns_ = 1'767'225'600'000'000'000;  // guarded by mutex_, as are the others
  std::int64_t monotonic_ns_ = 0;
  std::vector<std::chrono::nanoseconds> sleeps_;
};

}  // namespace flowstone::os
