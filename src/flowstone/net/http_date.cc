#include "flowstone/net/http_date.h"

#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "flowstone/base/text.h"

namespace flowstone::net {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

struct CivilTime {
  int year = 0;
  int month = 0;  // 1 to 12
  int day = 0;
  int seconds = 0;  // of the day
};

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

// Days since the epoch of a proleptic Gregorian date.
std::int64_t DaysFromCivil(int year, int month, int day) {
  const std::int64_t shifted = year - (month <= 2 ? 1 : 0);
  const std::int64_t era = shifted / 400;
  const std::int64_t year_of_era = shifted - era * 400;
  const std::int64_t month_from_march = (month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

std::optional<std::int64_t> ToSeconds(std::optional<int> year, std::optional<int> month,
                                      std::optional<int> day, std::optional<int> time) {
  if (!year || !month || !day || !time || *year < 1970 || *day < 1 || *day > 31) {
    return std::nullopt;
  }
  return DaysFromCivil(*year, *month, *day) * 86400 + *time;
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
