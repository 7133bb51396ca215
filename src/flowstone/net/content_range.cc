#include "flowstone/net/content_range.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "flowstone/base/text.h"

namespace flowstone::net {
namespace {

std::optional<std::uint64_t> ParseCount(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = !text.empty() && failure == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<ContentRange> ParseContentRange(std::string_view text) {
  text = TrimText(text);
  constexpr std::string_view unit = "bytes ";
  if (AsciiLower(text.substr(0, unit.size())) != unit) {
    return std::nullopt;
  }
  text = TrimText(text.substr(unit.size()));
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) {
    return std::nullopt;
  }
  const auto first = ParseCount(text.substr(0, dash));
  const auto last = ParseCount(text.substr(dash + 1, slash - dash - 1));
  const auto total = ParseCount(text.substr(slash + 1));
  if (!first || !last || !total || *first > *last || *last >= *total) {
    return std::nullopt;
  }
  return ContentRange{.offset = *first, .length = *last - *first + 1, .total = *total};
}

std::optional<ContentRange> Select(const ByteRange& range, std::uint64_t total) {
  if (range.suffix) {
    const std::uint64_t length = std::min(*range.suffix, total);
    if (length == 0) {
      return std::nullopt;
    }
    return ContentRange{.offset = total - length, .length = length, .total = total};
  }
  if (range.first >= total || (range.last && *range.last < range.first)) {
    return std::nullopt;
  }
  const std::uint64_t last = std::min(range.last.value_or(total - 1), total - 1);
  return ContentRange{.offset = range.first, .length = last - range.first + 1, .total = total};
}

std::string RangeSpec(const ByteRange& range) {
  if (range.suffix) {
    return "-" + std::to_string(*range.suffix);
  }
  return std::to_string(range.first) + "-" + (range.last ? std::to_string(*range.last) : "");
}

}  // namespace flowstone::net
