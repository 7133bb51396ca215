#include "flowstone/pypi/name.h"

#include <algorithm>

#include "flowstone/base/text.h"

namespace flowstone::pypi {
namespace {

bool IsNameSeparator(char c) {
  return c == '-' || c == '_' || c == '.';
}

}  // namespace

std::string NormalizeName(std::string_view text) {
  std::string normalized;
  normalized.reserve(text.size());
  bool after_separator = false;
  for (const char c : text) {
    if (IsNameSeparator(c)) {
      if (!after_separator) {
        normalized += '-';
      }
      after_separator = true;
      continue;
    }
    normalized += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    after_separator = false;
  }
  return normalized;
}

bool IsValidName(std::string_view text) {
  return !text.empty() && IsAsciiAlnum(text.front()) && IsAsciiAlnum(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAsciiAlnum(c) || IsNameSeparator(c); });
}

namespace internal {

Result<std::string> ParseName(std::string_view text, std::string_view kind) {
  if (!IsValidName(text)) {
    return Error{
        .code = ErrorCode::kInvalid,
        .message = "'" + std::string(text) + "' is not a valid " + std::string(kind),
        .hints = {"names consist of ASCII letters, digits, '.', '_' and '-', and start and end "
                  "with a letter or a digit"}};
  }
  return NormalizeName(text);
}

}  // namespace internal
}  // namespace flowstone::pypi
