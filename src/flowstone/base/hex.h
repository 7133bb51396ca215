// Lower-case hexadecimal text of bytes, and back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace flowstone {

std::string HexEncode(std::span<const std::byte> bytes);

// Accepts both cases; nothing when the length is odd or a character is no hexadecimal digit.
std::optional<std::string> HexDecode(std::string_view text);

// 0 to 15; -1 for what is no hexadecimal digit.
int HexDigitValue(char digit);

// The same for a number of bytes that is known: nothing when `text` is of another length.
template <std::size_t size>
std::optional<std::array<std::uint8_t, size>> HexDecodeExactly(std::string_view text) {
  if (text.size() != 2 * size) {
    return std::nullopt;
  }
  std::array<std::uint8_t, size> bytes{};
  for (std::size_t i = 0; i < size; ++i) {
    const int high = HexDigitValue(text[2 * i]);
    const int low = HexDigitValue(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return bytes;
}

}  // namespace flowstone
