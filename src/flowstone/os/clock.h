// Clock: the one way to the time. SystemClock is the real one; FakeClock moves only when told to,
// or when slept on.
#pragma once

#include <chrono>
#include <cstdint>

namespace flowstone::os {

class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds since the Unix epoch. May jump.
  virtual std::int64_t NowNs() = 0;
  // Nanoseconds since an arbitrary start. Never goes back.
  virtual std::int64_t MonotonicNs() = 0;
  virtual void Sleep(std::chrono::nanoseconds duration) = 0;
};

}  // namespace flowstone::os
