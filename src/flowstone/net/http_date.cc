#include "flowstone/net/http_date.h"

#include <array>
#include <charconv>
#include <chrono>
#include <string>
#include <vector>

#include "flowstone/base/text.h"

namespace flowstone::net {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

std::optional<int> ParseNumber(std::string_view text, std::size_t least, std::size_t most) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool fits = text.size() >= least && text.size() <= most && IsAsciiDigit(text.front()) &&
                    failure == std::errc() && end == text.data() + text.size();
  return fits ? std::optional(value) : std::nullopt;
}

std::optional<int> ParseMonth(std::string_view text) {
  const std::string lower = AsciiLower(text);
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (kMonths[i] == lower) {
      return static_cast<int>(i) + 1;
    }
  }
  return std::nullopt;
}

std::optional<int> ParseTimeOfDay(std::string_view text) {
  const std::vector<std::string_view> parts = SplitText(text, ':');
  if (parts.size() != 3) {
    return std::nullopt;
  }
  const auto hour = ParseNumber(parts[0], 2, 2);
  const auto minute = ParseNumber(parts[1], 2, 2);
  const auto second = ParseNumber(parts[2], 2, 2);
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return *hour * 3600 + *minute * 60 + *second;
}

// A year of two digits is the nearest one that is not far in the future (RFC 9110 §5.6.7); the
// protocol has no dates before 1970.
int FullYear(int year, std::size_t digits) {
  if (digits != 2) {
    return year;
  }
  return year < 70 ? 2000 + year : 1900 + year;
}

std::optional<std::int64_t> ToSeconds(std::optional<int> year, std::optional<int> month,
                                      std::optional<int> day, std::optional<int> time) {
  if (!year || !month || !day || !time) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) {
    return std::nullopt;
  }
  const std::chrono::seconds midnight = std::chrono::sys_days(date).time_since_epoch();
  return midnight.count() + *time;
}

}  // namespace

std::optional<std::int64_t> ParseHttpDate(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : SplitText(TrimText(text), ' ')) {
    if (!word.empty()) {
      words.push_back(word);
    }
  }
  if (words.size() == 6) {  // Sun, 06 Nov 1994 08:49:37 GMT
    return ToSeconds(ParseNumber(words[3], 4, 4), ParseMonth(words[2]), ParseNumber(words[1], 1, 2),
                     ParseTimeOfDay(words[4]));
  }
  if (words.size() == 5) {  // Sun Nov  6 08:49:37 1994
    return ToSeconds(ParseNumber(words[4], 4, 4), ParseMonth(words[1]), ParseNumber(words[2], 1, 2),
                     ParseTimeOfDay(words[3]));
  }
  if (words.size() == 4) {  // Sunday, 06-Nov-94 08:49:37 GMT
    const std::vector<std::string_view> date = SplitText(words[1], '-');
    if (date.size() != 3) {
      return std::nullopt;
    }
    auto year = ParseNumber(date[2], 2, 4);
    if (year) {
      year = FullYear(*year, date[2].size());
    }
    return ToSeconds(year, ParseMonth(date[1]), ParseNumber(date[0], 1, 2),
                     ParseTimeOfDay(words[2]));
  }
  return std::nullopt;
}

}  // namespace flowstone::net
