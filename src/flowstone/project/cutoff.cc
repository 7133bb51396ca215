#include "flowstone/project/cutoff.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "flowstone/base/text.h"
#include "flowstone/lock/timestamp.h"

namespace flowstone::project {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kDaySeconds = 86'400;
// About a thousand years: more would only overflow.
constexpr std::int64_t kLongestSeconds = 366 * kDaySeconds * 1000;

struct UnitName {
  std::string_view name;
  std::int64_t seconds;
};

constexpr std::array<UnitName, 23> kUnits = {{
    {"w", 7 * kDaySeconds},
    {"week", 7 * kDaySeconds},
    {"weeks", 7 * kDaySeconds},
    {"wk", 7 * kDaySeconds},
    {"wks", 7 * kDaySeconds},
    {"d", kDaySeconds},
    {"day", kDaySeconds},
    {"days", kDaySeconds},
    {"h", 3600},
    {"hr", 3600},
    {"hrs", 3600},
    {"hour", 3600},
    {"hours", 3600},
    {"m", 60},
    {"min", 60},
    {"mins", 60},
    {"minute", 60},
    {"minutes", 60},
    {"s", 1},
    {"sec", 1},
    {"secs", 1},
    {"second", 1},
    {"seconds", 1},
}};

std::optional<std::int64_t> UnitSeconds(std::string_view unit) {
  for (const UnitName& known : kUnits) {
    if (known.name == unit) {
      return known.seconds;
    }
  }
  return std::nullopt;
}

// Takes "14" and what follows up to the next digit off `rest`.
std::optional<std::int64_t> TakeTerm(std::string_view& rest) {
  std::int64_t count = 0;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
  if (code != std::errc() || count < 0 || count > kLongestSeconds) {
    return std::nullopt;
  }
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  std::size_t unit_end = 0;
  while (unit_end < rest.size() && !IsAsciiDigit(rest[unit_end])) {
    ++unit_end;
  }
  std::string_view unit = TrimText(rest.substr(0, unit_end));
  rest.remove_prefix(unit_end);
  if (unit.ends_with(',')) {
    unit = TrimText(unit.substr(0, unit.size() - 1));
  }
  const std::optional<std::int64_t> seconds = UnitSeconds(unit);
  if (!seconds || count > kLongestSeconds / *seconds) {
    return std::nullopt;
  }
  return count * *seconds;
}

// "P1W2DT12H30M": days before the "T", where "M" would be months, hours and minutes after it.
std::optional<std::int64_t> IsoSeconds(std::string_view text) {
  std::string words;
  bool is_time = false;
  for (const char c : text.substr(1)) {
    if (c == 't' && !is_time) {
      is_time = true;
    } else if (!IsAsciiDigit(c) &&
               std::string_view(is_time ? "hms" : "wd").find(c) == std::string_view::npos) {
      return std::nullopt;
    } else {
      words += c;
    }
  }
  std::int64_t seconds = 0;
  std::string_view rest = words;
  while (!rest.empty()) {
    const std::optional<std::int64_t> term = TakeTerm(rest);
    if (!term) {
      return std::nullopt;
    }
    seconds += *term;
  }
  return words.empty() ? std::nullopt : std::optional(seconds);
}

std::optional<std::int64_t> SumOfTerms(std::string_view text) {
  const std::string lower = AsciiLower(TrimText(text));
  std::string_view rest = lower;
  if (rest.starts_with('p')) {
    return IsoSeconds(rest);
  }
  if (rest.ends_with(" ago")) {
    rest.remove_suffix(std::string_view(" ago").size());
  }
  if (rest.empty()) {
    return std::nullopt;
  }
  std::int64_t seconds = 0;
  while (!rest.empty()) {
    const std::optional<std::int64_t> term = TakeTerm(rest);
    if (!term) {
      return std::nullopt;
    }
    seconds += *term;
    rest = TrimText(rest);
  }
  return seconds;
}

std::optional<std::int64_t> DurationSeconds(std::string_view text) {
  const std::optional<std::int64_t> seconds = SumOfTerms(text);
  return seconds && *seconds <= kLongestSeconds ? seconds : std::nullopt;
}

}  // namespace

Result<std::int64_t> ParseCutoff(std::string_view text, std::int64_t now_us, DateMeaning date) {
  constexpr std::size_t date_length = std::string_view("2026-11-01").size();
  const std::string_view trimmed = TrimText(text);
  if (const std::optional<std::int64_t> moment = lock::ParseTimestamp(trimmed)) {
    const bool is_whole_day = date == DateMeaning::kWholeDay && trimmed.size() == date_length;
    return *moment + (is_whole_day ? kDaySeconds * kSecondUs : 0);
  }
  const std::optional<std::int64_t> seconds = DurationSeconds(trimmed);
  if (!seconds) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + std::string(text) + "' is neither a date nor a duration",
                 .hints = {"write 2026-11-01, 2026-11-01T12:00:00Z, or \"14 days\""}};
  }
  const bool is_days = *seconds % kDaySeconds == 0;
  const std::int64_t grain = (is_days ? kDaySeconds : 1) * kSecondUs;
  return now_us - now_us % grain - *seconds * kSecondUs;
}

bool IsDuration(std::string_view text) {
  return DurationSeconds(text).has_value();
}

}  // namespace flowstone::project
