// What every fuzz target has: the entry point that libFuzzer calls with bytes of its own making,
// and a way to say that a property does not hold.
//
// A target feeds a parser of untrusted text. The sanitizers watch the parser; the target itself
// checks what must hold of everything that the parser accepts, such as that printing and parsing
// are inverses. Built without libFuzzer (FLOWSTONE_FUZZ off), targets are one ordinary program that
// runs the files of their corpora (replay.cc); names in their unnamed namespaces are unique for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace flowstone::fuzz {

inline std::string_view TextOf(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's bytes are our text
  return {reinterpret_cast<const char*>(data), size};
}

// Ends the program, by which libFuzzer keeps the input.
inline void Require(bool holds, std::string_view property) {
  if (!holds) {
    std::fprintf(stderr, "violated: %.*s\n", static_cast<int>(property.size()), property.data());
    std::abort();
  }
}

// What `value` prints, `parse` reads back to the same value.
template <class T, class Parse>
void RequireRoundTrip(const T& value, const std::string& printed, const Parse& parse) {
  const auto again = parse(printed);
  if (!again) {
    std::fprintf(stderr, "refused: %s\n", printed.c_str());
  }
  Require(again.has_value(), "what is printed can be parsed");
  Require(*again == value, "what is printed is parsed to the same value");
}

}  // namespace flowstone::fuzz
