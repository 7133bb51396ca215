// Moments of a lock, "2026-11-01T12:30:00.25Z" (RFC 3339, always UTC), as microseconds since the
// Unix epoch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flowstone::lock {

// The fraction is left out when it is 0, and has no trailing zeros.
std::string FormatTimestamp(std::int64_t microseconds);

// "2026-11-01", "2026-11-01T12:30:00Z", with a fraction, with an offset ("+02:00"); a date is its
// first moment. Nothing for anything else.
std::optional<std::int64_t> ParseTimestamp(std::string_view text);

// The moment of a civil date and time of day; nothing when there is no such date or time.
struct CivilTime {
  int year = 1970;
  unsigned month = 1;
  unsigned day = 1;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  std::int64_t microsecond = 0;
  int offset_minutes = 0;  // east of Greenwich
};
std::optional<std::int64_t> ToMicroseconds(const CivilTime& time);

}  // namespace flowstone::lock
