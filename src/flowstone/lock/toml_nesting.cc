#include "flowstone/lock/toml_nesting.h"

#include <algorithm>

namespace flowstone::lock {
namespace {

bool IsEscaped(std::string_view text, std::size_t at) {
  std::size_t first = at;
  while (first > 0 && text[first - 1] == '\\') {
    --first;
  }
  return (at - first) % 2 == 1;
}

// Behind the string whose first quote is at `begin`.
std::size_t EndOfString(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  const std::string_view three = text.substr(begin, 3);
  const bool many_lines = three.size() == 3 && three[1] == quote && three[2] == quote;
  const std::string_view delimiter = many_lines ? three : three.substr(0, 1);
  std::size_t end = text.find(delimiter, begin + delimiter.size());
  while (end != std::string_view::npos && quote == '"' && IsEscaped(text, end)) {
    end = text.find(delimiter, end + 1);
  }
  if (end == std::string_view::npos) {
    return text.size();
  }
  end += delimiter.size();
  // The last two characters of a string of many lines may be quotes.
  for (int i = 0; many_lines && i < 2 && end < text.size() && text[end] == quote; ++i) {
    ++end;
  }
  return end;
}

}  // namespace

std::optional<std::size_t> LineOfLongKey(std::string_view toml) {
  std::size_t dots = 0;  // since a key could begin
  std::size_t at = 0;
  while (at < toml.size()) {
    switch (toml[at]) {
      case '"':
      case '\'':
        at = EndOfString(toml, at);
        continue;
      case '#':
        at = std::min(toml.find('\n', at), toml.size());
        continue;
      case '.':
        if (++dots == kMaxKeyParts) {
          const auto* const here = toml.begin() + static_cast<std::ptrdiff_t>(at);
          return static_cast<std::size_t>(std::count(toml.begin(), here, '\n')) + 1;
        }
        break;
      case '\n':
      case '=':
      case ',':
      case '{':
      case '[':
        dots = 0;
        break;
      default:
        break;
    }
    ++at;
  }
  return std::nullopt;
}

}  // namespace flowstone::lock
