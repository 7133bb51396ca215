#include "flowstone/store/object_key.h"

#include <algorithm>
#include <optional>

#include "flowstone/base/text.h"

namespace flowstone::store {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool IsKeyCharacter(char c) {
  return IsAsciiAlnum(c) || c == '.' || c == '_' || c == '=' || c == '+' || c == '-';
}

bool IsKeyPart(std::string_view part) {
  return !part.empty() && part != "." && part != ".." &&
         std::all_of(part.begin(), part.end(), IsKeyCharacter);
}

// The byte that "=XX" at `position` stands for, or nothing.
std::optional<char> DecodeEscape(std::string_view text, std::size_t position) {
  if (position + 2 >= text.size()) {
    return std::nullopt;
  }
  const std::size_t high = kHexDigits.find(text[position + 1]);
  const std::size_t low = kHexDigits.find(text[position + 2]);
  if (high == std::string_view::npos || low == std::string_view::npos) {
    return std::nullopt;
  }
  return static_cast<char>(static_cast<unsigned char>(high * 16 + low));
}

}  // namespace

Status ValidateKey(std::string_view key) {
  for (const std::string_view part : SplitText(key, '/')) {
    if (!IsKeyPart(part)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "'" + std::string(key) + "' is no key of an object"};
    }
  }
  return Ok();
}

std::string KeyComponent(std::string_view text) {
  FLOWSTONE_CHECK(!text.empty());
  std::string component;
  component.reserve(text.size());
  for (const char c : text) {
    const bool plain = IsKeyCharacter(c) && c != '=' && !(c == '.' && component.empty());
    if (plain) {
      component += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      component += '=';
      component += kHexDigits[byte >> 4U];
      component += kHexDigits[byte & 15U];
    }
  }
  return component;
}

Result<std::string> TextOfKeyComponent(std::string_view component) {
  std::string text;
  for (std::size_t i = 0; i < component.size(); ++i) {
    if (component[i] != '=') {
      text += component[i];
    } else if (const std::optional<char> byte = DecodeEscape(component, i)) {
      text += *byte;
      i += 2;
    } else {
      text.clear();
      break;
    }
  }
  // Comparing with the encoder refuses every second spelling of one text.
  if (text.empty() || KeyComponent(text) != component) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + std::string(component) + "' is no component of a key"};
  }
  return text;
}

std::string ContentKey(std::string_view family, const Digest& digest) {
  const std::string hex = digest.ToString();
  std::string key(family);
  key.append("/").append(hex, 0, 2).append("/").append(hex);
  return key;
}

}  // namespace flowstone::store
