// The inner loop of Inflater: symbols of one block, as long as there is plenty of input and of
// room.
#pragma once

#include <cstddef>
#include <cstdint>

#include "flowstone/archive/deflate_code.h"

namespace flowstone::archive {

struct InflateState {
  std::uint64_t bits = 0;  // the lowest comes first
  std::uint64_t bit_count = 0;
  const char* next = nullptr;  // of the input
  const char* end = nullptr;
  const char* begin = nullptr;  // of what was written: references may go back this far
  char* out = nullptr;
  char* out_end = nullptr;
};

// The loop stops when less input or room than this is left; matches may write that far.
inline constexpr std::size_t kInflateInputMargin = 16;
inline constexpr std::size_t kInflateOutputMargin = 320;

enum class InflateStop : std::uint8_t {
  kMargin,
  kEndOfBlock,
  kDamaged,
};

// REQUIRES: both tables were built.
InflateStop InflateSymbols(InflateState& state, const DeflateTable& literals,
                           const DeflateTable& distances);

}  // namespace flowstone::archive
