// SystemClock: the machine's clocks. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

#include "flowstone/os/clock.h"

namespace flowstone::os {

class SystemClock final : public Clock {
 public:
  std::int64_t NowNs() override;
  std::int64_t MonotonicNs() override;
  void Sleep(std::chrono::nanoseconds duration) override;
};

}  // namespace flowstone::os
