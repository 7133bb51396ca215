// Lower-case hexadecimal text of bytes, and back.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace flowstone {

std::string HexEncode(std::span<const std::byte> bytes);

// Accepts both cases; nothing when the length is odd or a character is no hexadecimal digit.
std::optional<std::string> HexDecode(std::string_view text);

}  // namespace flowstone
