#include "flowstone/lock/timestamp.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/text.h"

namespace flowstone::lock {
namespace {

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

// Writes the last so many digits of a number that is not negative, with zeros in front; returns
// what is behind them.
char* WritePadded(char* place, std::int64_t number, std::ptrdiff_t digits) {
  for (char* at = place + digits; at != place; number /= 10) {
    *--at = static_cast<char>('0' + number % 10);
  }
  return place + digits;
}

// Reads fields of fixed width from the front of a text.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  std::string_view rest() const { return rest_; }
  bool is_valid() const { return is_valid_; }

  unsigned Number(std::size_t digits) {
    unsigned value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (i >= rest_.size() || !IsAsciiDigit(rest_[i])) {
        is_valid_ = false;
        return 0;
      }
      value = value * 10 + static_cast<unsigned>(rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  void Expect(std::string_view any_of) {
    is_valid_ = is_valid_ && !rest_.empty() && any_of.find(rest_.front()) != std::string_view::npos;
    rest_.remove_prefix(rest_.empty() ? 0 : 1);
  }

  // ".25" as microseconds; finer digits are dropped.
  std::int64_t Fraction() {
    if (!rest_.starts_with('.')) {
      return 0;
    }
    rest_.remove_prefix(1);
    std::int64_t value = 0;
    std::int64_t unit = kMicrosecondsPerSecond / 10;
    is_valid_ = is_valid_ && !rest_.empty() && IsAsciiDigit(rest_.front());
    while (!rest_.empty() && IsAsciiDigit(rest_.front())) {
      value += unit * (rest_.front() - '0');
      unit /= 10;
      rest_.remove_prefix(1);
    }
    return value;
  }

  int OffsetMinutes() {
    if (rest_ == "Z" || rest_ == "z") {
      rest_.remove_prefix(1);
      return 0;
    }
    const int sign = rest_.starts_with('-') ? -1 : 1;
    Expect("+-");
    const unsigned hours = Number(2);
    Expect(":");
    return sign * static_cast<int>(hours * 60 + Number(2));
  }

 private:
  std::string_view rest_;
  bool is_valid_ = true;
};

}  // namespace

std::optional<std::int64_t> ToMicroseconds(const CivilTime& time) {
  const std::chrono::year_month_day date{
      std::chrono::year(time.year), std::chrono::month(time.month), std::chrono::day(time.day)};
  if (!date.ok() || time.hour > 23 || time.minute > 59 || time.second > 60) {
    return std::nullopt;
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * kSecondsPerDay + std::int64_t{time.hour} * 3600 +
                               std::int64_t{time.minute} * 60 + time.second -
                               std::int64_t{time.offset_minutes} * 60;
  return seconds * kMicrosecondsPerSecond + time.microsecond;
}

std::string FormatTimestamp(std::int64_t microseconds) {
  const std::chrono::microseconds since_epoch{microseconds};
  const auto days = std::chrono::floor<std::chrono::days>(since_epoch);
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::chrono::hh_mm_ss time{since_epoch - days};
  std::string year;
  const int number = static_cast<int>(date.year());
  const bool is_usual = number >= 0 && number <= 9999;
  if (!is_usual) {
    year = std::to_string(number);
  }
  std::array<char, std::string_view("2000-01-01T00:00:00.000000Z").size()> text{};
  char* end = is_usual ? WritePadded(text.data(), number, 4) : text.data();
  const auto append = [&end](char separator, std::int64_t field, std::ptrdiff_t digits) {
    *end = separator;
    end = WritePadded(end + 1, field, digits);
  };
  append('-', static_cast<unsigned>(date.month()), 2);
  append('-', static_cast<unsigned>(date.day()), 2);
  append('T', time.hours().count(), 2);
  append(':', time.minutes().count(), 2);
  append(':', time.seconds().count(), 2);
  if (const std::int64_t fraction = time.subseconds().count(); fraction != 0) {
    append('.', fraction, 6);
    while (end[-1] == '0') {
      --end;
    }
  }
  *end++ = 'Z';
  return year.append(text.data(), end);
}

std::optional<std::int64_t> ParseTimestamp(std::string_view text) {
  FieldReader reader(text);
  CivilTime time;
  time.year = static_cast<int>(reader.Number(4));
  reader.Expect("-");
  time.month = reader.Number(2);
  reader.Expect("-");
  time.day = reader.Number(2);
  if (!reader.rest().empty()) {
    reader.Expect("Tt ");
    time.hour = reader.Number(2);
    reader.Expect(":");
    time.minute = reader.Number(2);
    reader.Expect(":");
    time.second = reader.Number(2);
    time.microsecond = reader.Fraction();
    time.offset_minutes = reader.OffsetMinutes();
  }
  if (!reader.is_valid() || !reader.rest().empty()) {
    return std::nullopt;
  }
  return ToMicroseconds(time);
}

}  // namespace flowstone::lock
