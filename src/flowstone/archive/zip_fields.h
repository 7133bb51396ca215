// Little-endian fields and the extra fields of ZIP headers. Internal to ZipReader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::archive {

// REQUIRES: at + width <= bytes.size(), width <= 8.
inline std::uint64_t LittleEndian(std::string_view bytes, std::size_t at, std::size_t width) {
  FLOWSTONE_CHECK(width <= 8 && at <= bytes.size() && width <= bytes.size() - at);
  std::uint64_t value = 0;
  for (std::size_t i = width; i > 0; --i) {
    value = value << 8U | static_cast<unsigned char>(bytes[at + i - 1]);
  }
  return value;
}
inline std::uint16_t Field16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(LittleEndian(bytes, at, 2));
}
inline std::uint32_t Field32(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(LittleEndian(bytes, at, 4));
}
inline std::uint64_t Field64(std::string_view bytes, std::size_t at) {
  return LittleEndian(bytes, at, 8);
}

constexpr std::uint16_t kSaturated16 = 0xFFFF;      // the value is in a ZIP64 record
constexpr std::uint32_t kSaturated32 = 0xFFFFFFFF;  // the value is in a ZIP64 extra field
constexpr std::uint16_t kZip64Extra = 0x0001;
constexpr std::uint16_t kUnicodePathExtra = 0x7075;

// The payload of the extra field with this id. An Error says what is wrong with the whole list: a
// field that overruns it, or the id twice. Up to three bytes behind the last field are padding.
inline Result<std::optional<std::string_view>> FindExtraField(std::string_view extra,
                                                              std::uint16_t id) {
  std::optional<std::string_view> found;
  while (extra.size() >= 4) {
    const std::uint16_t field_id = Field16(extra, 0);
    const std::uint16_t length = Field16(extra, 2);
    if (length > extra.size() - 4) {
      return Error{.code = ErrorCode::kCorrupt, .message = "an extra field overruns its header"};
    }
    if (field_id == id) {
      if (found) {
        return Error{.code = ErrorCode::kCorrupt, .message = "an extra field occurs twice"};
      }
      found = extra.substr(4, length);
    }
    extra.remove_prefix(std::size_t{4} + length);
  }
  return found;
}

}  // namespace flowstone::archive
