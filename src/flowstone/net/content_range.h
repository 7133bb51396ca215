// The Content-Range header of RFC 9110 §14.4, and the part of a body that a ByteRange means.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "flowstone/net/transport.h"

namespace flowstone::net {

// Bytes [offset, offset + length) of `total`.
struct ContentRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t total = 0;
  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};

// "bytes 0-499/1234". Nothing when it is malformed or the total is not told.
std::optional<ContentRange> ParseContentRange(std::string_view text);

// What `range` selects of a body of `total` bytes; nothing when it selects no byte (416).
std::optional<ContentRange> Select(const ByteRange& range, std::uint64_t total);

// The value of a Range header, without "bytes=": "0-499", "500-", "-500".
std::string RangeSpec(const ByteRange& range);

}  // namespace flowstone::net
