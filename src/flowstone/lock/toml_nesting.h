// LineOfLongKey: what has to be known of a TOML document before toml++ may read it. The parser
// bounds how deep values nest, but a dotted key makes a table of each of its parts, and tables are
// destroyed by recursion: a key of a hundred thousand parts, which an archive from an index may
// hold, would end the program with its stack.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace flowstone::lock {

inline constexpr std::size_t kMaxKeyParts = 32;

// The number of the first line with a key of more than kMaxKeyParts parts. What follows the first
// malformed place of a document is looked at somehow: the parser does not get there.
std::optional<std::size_t> LineOfLongKey(std::string_view toml);

}  // namespace flowstone::lock
