#include "flowstone/base/truth_words.h"

#include <algorithm>
#include <array>

#include "flowstone/base/text.h"

namespace flowstone {
namespace {

using Words = std::array<std::string_view, 6>;

bool IsOneOf(const Words& words, std::string_view text) {
  return std::ranges::find(words, AsciiLower(TrimText(text))) != words.end();
}

}  // namespace

bool MeansYes(std::string_view text) {
  constexpr Words words = {"1", "true", "t", "yes", "y", "on"};
  return IsOneOf(words, text);
}

bool MeansNo(std::string_view text) {
  constexpr Words words = {"0", "false", "f", "no", "n", "off"};
  return IsOneOf(words, text);
}

}  // namespace flowstone
