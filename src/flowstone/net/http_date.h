// Dates in HTTP headers (RFC 9110 §5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT" and its two obsolete
// spellings.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace flowstone::net {

// Seconds since the Unix epoch, or nothing when the text is no date.
std::optional<std::int64_t> ParseHttpDate(std::string_view text);

}  // namespace flowstone::net
