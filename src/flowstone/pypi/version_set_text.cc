// How a VersionSet is printed: as the specifiers a person would write for it.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/pypi/version_key.h"
#include "flowstone/pypi/version_parts.h"
#include "flowstone/pypi/version_set.h"

namespace flowstone::pypi {
namespace {

using Interval = VersionSet::Interval;

// The only version of the interval, local labels aside, if there is only one.
std::optional<std::string> SingleVersion(const Interval& interval) {
  if (interval.lower.empty() || interval.upper.empty()) {
    return std::nullopt;
  }
  const DecodedKey lower = DecodeKey(interval.lower);
  if (lower.after_posts || lower.after_exact) {
    return std::nullopt;
  }
  const std::optional<VersionParts> parts = ScanVersion(lower.version);
  const bool single = parts && interval.upper == (parts->local.empty() ? KeyAboveLocals(*parts)
                                                                       : KeyAboveExactly(*parts));
  return single ? std::optional(lower.version) : std::nullopt;
}

// "1.4.*" when the interval is all of 1.4. The upper bound says how long the prefix is: zeros at
// the end of the lower one are not kept.
std::optional<std::string> WildcardOf(const Interval& interval) {
  if (interval.lower.empty() || interval.upper.empty()) {
    return std::nullopt;
  }
  const DecodedKey upper = DecodeKey(interval.upper);
  const std::optional<VersionParts> parts = ScanVersion(upper.version);
  if (!parts || upper.after_posts || parts->pre != PreRelease::kNone || parts->post ||
      parts->dev != "0") {
    return std::nullopt;
  }
  const std::size_t dot = parts->release.rfind('.');
  const std::size_t last = dot == std::string_view::npos ? 0 : dot + 1;
  const std::uint64_t number = SaturatingNumber(parts->release.substr(last));
  if (number == 0 || number == std::numeric_limits<std::uint64_t>::max()) {
    return std::nullopt;
  }
  const std::string release =
      std::string(parts->release.substr(0, last)) + std::to_string(number - 1);
  const std::string lowest =
      VersionKey(VersionParts{.epoch = parts->epoch, .release = release, .dev = "0"});
  if (interval.lower != lowest) {
    return std::nullopt;
  }
  return WriteVersion(VersionParts{.epoch = parts->epoch, .release = release}) + ".*";
}

// What follows "==" for this interval, if one `==` says it.
std::optional<std::string> EqualOperand(const Interval& interval) {
  std::optional<std::string> single = SingleVersion(interval);
  return single ? single : WildcardOf(interval);
}

std::string LowerText(std::string_view key) {
  const DecodedKey decoded = DecodeKey(key);
  return (decoded.after_posts || decoded.after_exact ? ">" : ">=") + decoded.version;
}

std::string UpperText(std::string_view key) {
  const DecodedKey decoded = DecodeKey(key);
  if (decoded.after_posts) {
    return "not >" + decoded.version;
  }
  if (decoded.after_exact) {
    return "<=" + decoded.version;
  }
  const std::string_view version = decoded.version;
  constexpr std::string_view above_locals = ".post0.dev0";
  constexpr std::string_view first_dev = ".dev0";
  if (version.ends_with(above_locals)) {
    return "<=" + std::string(version.substr(0, version.size() - above_locals.size()));
  }
  if (version.ends_with(first_dev)) {
    const std::string_view whole = version.substr(0, version.size() - first_dev.size());
    const std::optional<VersionParts> parts = ScanVersion(whole);
    if (parts && (parts->pre == PreRelease::kNone || parts->post)) {
      return "<" + std::string(whole);
    }
  }
  return "<" + decoded.version;
}

std::string IntervalText(const Interval& interval) {
  if (const std::optional<std::string> operand = EqualOperand(interval)) {
    return "==" + *operand;
  }
  std::string text = interval.lower.empty() ? "" : LowerText(interval.lower);
  if (!interval.upper.empty()) {
    text += text.empty() ? "" : ",";
    text += UpperText(interval.upper);
  }
  return text.empty() ? "any version" : text;
}

// One range with holes, ">=1.0,!=1.4.*,<2.0", when every hole is one `!=`.
std::optional<std::string> TextWithHoles(const std::vector<Interval>& intervals) {
  std::string holes;
  for (std::size_t i = 1; i < intervals.size(); ++i) {
    const std::optional<std::string> operand =
        EqualOperand({intervals[i - 1].upper, intervals[i].lower});
    if (!operand) {
      return std::nullopt;
    }
    holes += holes.empty() ? "!=" : ",!=";
    holes += *operand;
  }
  const Interval hull{intervals.front().lower, intervals.back().upper};
  if (hull == Interval{}) {
    return holes;
  }
  return IntervalText(hull) + "," + holes;
}

std::string IntervalsText(const std::vector<Interval>& intervals) {
  if (intervals.empty()) {
    return "no version";
  }
  if (intervals.size() > 1) {
    if (std::optional<std::string> text = TextWithHoles(intervals)) {
      return *std::move(text);
    }
  }
  std::string text;
  for (const Interval& interval : intervals) {
    text += text.empty() ? "" : " or ";
    text += IntervalText(interval);
  }
  return text;
}

}  // namespace

std::string VersionSet::ToString() const {
  std::string spelt;
  std::string excepted;
  for (const Exception& exception : exceptions_) {
    std::string& list = exception.contained ? spelt : excepted;
    list += list.empty() ? "" : " or ";
    list += "===" + exception.text;
  }
  if (intervals_.empty() && !spelt.empty()) {
    return spelt;
  }
  std::string text = IntervalsText(intervals_);
  text += spelt.empty() ? "" : " or " + spelt;
  text += excepted.empty() ? "" : " except " + excepted;
  return text;
}

}  // namespace flowstone::pypi
