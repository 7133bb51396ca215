#include "flowstone/pypi/name.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "flowstone/base/text.h"

namespace flowstone::pypi {
namespace {

bool IsNameSeparator(char c) {
  return c == '-' || c == '_' || c == '.';
}

// Letters and digits that normalisation leaves alone.
constexpr std::array<bool, 256> kIsPlain = [] {
  std::array<bool, 256> is_plain{};
  for (std::size_t c = 0; c < is_plain.size(); ++c) {
    is_plain[c] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }
  return is_plain;
}();

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

bool IsNormalizedName(std::string_view text) {
  bool after_letter = false;
  for (const char c : text) {
    const bool is_plain = kIsPlain[static_cast<unsigned char>(c)];
    if (!is_plain && (c != '-' || !after_letter)) {
      return false;
    }
    after_letter = is_plain;
  }
  return after_letter;
}

namespace internal {

Result<std::string> ParseName(std::string_view text, std::string_view kind) {
  if (IsNormalizedName(text)) {  // as most are: what is kept was written by us
    return std::string(text);
  }
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
