#include "flowstone/base/hex.h"

namespace flowstone {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

int HexDigitValue(char digit) {
  if (digit >= '0' && digit <= '9') {
    return digit - '0';
  }
  if (digit >= 'a' && digit <= 'f') {
    return digit - 'a' + 10;
  }
  if (digit >= 'A' && digit <= 'F') {
    return digit - 'A' + 10;
  }
  return -1;
}

std::string HexEncode(std::span<const std::byte> bytes) {
  std::string text(bytes.size() * 2, '\0');
  char* out = text.data();
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    *out++ = kDigits[value >> 4U];
    *out++ = kDigits[value & 15U];
  }
  return text;
}

std::optional<std::string> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexDigitValue(text[i]);
    const int low = HexDigitValue(text[i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

}  // namespace flowstone
