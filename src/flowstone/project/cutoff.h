// ParseCutoff: the moment that `--exclude-newer` names: a date, a time, or how long ago.
#pragma once

#include <cstdint>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::project {

// What a bare date means.
enum class DateMeaning : std::uint8_t {
  kFirstMoment,  // 2026-11-01 is its midnight, UTC
  kWholeDay,     // the day still counts: the next midnight, as in tables of uv
};

// Microseconds since the Unix epoch. Besides dates and times (2026-11-01, 2026-11-01T12:00:00Z),
// durations before `now_us`: "14 days", "2w", "36 hours", "P14D", "PT12H". Those of whole days are
// counted from the last midnight, so that all of one day have the same answer. kInvalid for
// anything else; months and years have no fixed length.
Result<std::int64_t> ParseCutoff(std::string_view text, std::int64_t now_us,
                                 DateMeaning date = DateMeaning::kFirstMoment);

// Whether it says how long ago, rather than when.
bool IsDuration(std::string_view text);

}  // namespace flowstone::project
