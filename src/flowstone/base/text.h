// Small operations on ASCII text: splitting, trimming, case, and the nearest spelling of a word.
// Nothing here knows a locale.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowstone {

// Splits at every separator; n separators give n + 1 pieces, which may be empty.
std::vector<std::string_view> SplitText(std::string_view text, char separator);
// Splits at "\n" and drops one "\r" before it; a trailing newline gives no empty last line.
std::vector<std::string_view> SplitLines(std::string_view text);
std::string JoinText(std::span<const std::string> pieces, std::string_view separator);
// Without leading and trailing space, tab, newline, carriage return, form feed and vertical tab.
std::string_view TrimText(std::string_view text);
std::string AsciiLower(std::string_view text);
// "1 package", "2 packages": for nouns with a regular plural.
std::string CountOf(std::size_t count, std::string_view noun);
bool IsAsciiSpace(char c);
bool IsAsciiDigit(char c);
bool IsAsciiAlpha(char c);
bool IsAsciiAlnum(char c);
// Whether the bytes are well-formed UTF-8 (RFC 3629).
bool IsUtf8(std::string_view bytes);

// The candidate nearest to `word` by edit distance, when near enough to be a misspelling of it.
std::optional<std::string> NearestSpelling(std::string_view word,
                                           std::span<const std::string> candidates);

}  // namespace flowstone
