#include "flowstone/archive/inflate_symbols.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <bit>
#include <cstring>

namespace flowstone::archive {
namespace {

static_assert(std::endian::native == std::endian::little, "input is loaded as words");

// The state in registers. Every operation is a few instructions, and is inlined into the loop.
struct InflateRegisters {
  std::uint64_t bits;
  std::uint64_t bit_count;
  const char* next;
  char* out;

  // At least 56 bits are there afterwards. Above them lie bits of the next byte, which is read
  // again. REQUIRES: 8 bytes of input.
  [[gnu::always_inline]] void Refill() {
    std::uint64_t word = 0;
    std::memcpy(&word, next, sizeof(word));
    bits |= word << bit_count;
    next += (63 - bit_count) >> 3U;
    bit_count |= 56U;
  }

  [[gnu::always_inline]] void Drop(DeflateEntry entry) {
    bits >>= entry & 63U;
    bit_count -= entry & 0xFFU;
  }

  [[gnu::always_inline]] void PutLiteral(DeflateEntry entry) {
    Drop(entry);
    *out++ = static_cast<char>(entry >> 16U);
  }

  // The value of a length or distance: its base and the extra bits behind its code.
  [[gnu::always_inline]] std::uint32_t TakeValue(DeflateEntry entry) {
    const std::uint64_t all = bits & ((std::uint64_t{1} << (entry & 0xFFU)) - 1);
    Drop(entry);
    return (entry >> 16U) + static_cast<std::uint32_t>(all >> (entry >> 8U & 0xFU));
  }

  // Follows a link to the second table.
  [[gnu::always_inline]] DeflateEntry Follow(const DeflateEntry* table, DeflateEntry link) {
    Drop(link);
    return table[(link >> 16U) + (bits & ((1U << (link >> 8U & 0xFU)) - 1U))];
  }

  // Writes up to 15 bytes more than `length`.
  [[gnu::always_inline]] void CopyMatch(std::size_t distance, std::size_t length) {
    const char* from = out - distance;
    char* to = out;
    out += length;
    if (distance >= 16) {
      do {
        std::memcpy(to, from, 16);
        to += 16;
        from += 16;
      } while (to < out);
    } else if (distance == 1) {
      std::memset(to, *from, length);
    } else if (distance >= 8) {
      do {
        std::memcpy(to, from, 8);
        to += 8;
        from += 8;
      } while (to < out);
    } else {
      do {
        *to++ = *from++;
      } while (to < out);
    }
  }
};

template <unsigned kBits>
[[gnu::always_inline]] inline DeflateEntry LookUp(const DeflateEntry* table, std::uint64_t bits) {
  return table[bits & ((1U << kBits) - 1U)];
}

[[gnu::always_inline]] inline InflateStop DecodeBlock(InflateState& state,
                                                      const DeflateEntry* literals,
                                                      const DeflateEntry* distances) {
  InflateRegisters r{
      .bits = state.bits, .bit_count = state.bit_count, .next = state.next, .out = state.out};
  InflateStop stop = InflateStop::kMargin;
  if (state.end - state.next < static_cast<std::ptrdiff_t>(kInflateInputMargin) ||
      state.out_end - state.out < static_cast<std::ptrdiff_t>(kInflateOutputMargin)) {
    return stop;
  }
  const char* const last_next = state.end - kInflateInputMargin;
  const char* const last_out = state.out_end - kInflateOutputMargin;
  // The next entry is looked up as soon as its bits are known, and more bits are fetched meanwhile:
  // at the top of the loop there are as many as it takes.
  r.Refill();
  DeflateEntry entry = LookUp<kLiteralBits>(literals, r.bits);
  // Each turn takes at most 16 bytes of input, and writes at most two literals and a match.
  while (r.next <= last_next && r.out <= last_out) {
    r.Refill();
    if ((entry & kDeflateLiteral) != 0) {
      r.PutLiteral(entry);
      entry = LookUp<kLiteralBits>(literals, r.bits);
      if ((entry & kDeflateLiteral) != 0) {
        r.PutLiteral(entry);
        entry = LookUp<kLiteralBits>(literals, r.bits);
        if ((entry & kDeflateLiteral) != 0) {
          r.PutLiteral(entry);
          entry = LookUp<kLiteralBits>(literals, r.bits);
          continue;
        }
      }
    }
    // Two literals took 22 bits: 34 are left for a length, which takes 20 at most.
    if ((entry & kDeflateSpecial) != 0) [[unlikely]] {
      if ((entry & kDeflateLink) != 0) {
        entry = r.Follow(literals, entry);
        if ((entry & kDeflateLiteral) != 0) {
          r.PutLiteral(entry);
          entry = LookUp<kLiteralBits>(literals, r.bits);
          continue;
        }
      }
      if ((entry & kDeflateSpecial) != 0) {
        r.Drop(entry);
        stop = (entry & kDeflateEnd) != 0 ? InflateStop::kEndOfBlock : InflateStop::kDamaged;
        break;
      }
    }
    const std::size_t length = r.TakeValue(entry);
    r.Refill();
    entry = LookUp<kDistanceBits>(distances, r.bits);
    if ((entry & kDeflateSpecial) != 0) [[unlikely]] {
      if ((entry & kDeflateLink) != 0) {
        entry = r.Follow(distances, entry);
      }
      if ((entry & kDeflateSpecial) != 0) {
        stop = InflateStop::kDamaged;
        break;
      }
    }
    const std::size_t distance = r.TakeValue(entry);
    if (distance > static_cast<std::size_t>(r.out - state.begin)) [[unlikely]] {
      stop = InflateStop::kDamaged;
      break;
    }
    entry = LookUp<kLiteralBits>(literals, r.bits);
    r.CopyMatch(distance, length);
  }
  state.bits = r.bits & ((std::uint64_t{1} << r.bit_count) - 1);
  state.bit_count = r.bit_count;
  state.next = r.next;
  state.out = r.out;
  return stop;
}

#if defined(__x86_64__)
// Shifts by a variable take one instruction less with BMI2, and they are half of the loop.
[[gnu::target("bmi2")]] InflateStop DecodeBlockBmi2(InflateState& state,
                                                    const DeflateEntry* literals,
                                                    const DeflateEntry* distances) {
  return DecodeBlock(state, literals, distances);
}

// Asked when something is inflated. __builtin_cpu_supports has a constructor of libgcc ask a dozen
// questions at every start of the program, each of which costs microseconds in a virtual machine.
bool HasBmi2() {
  static const bool has = [] {
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    constexpr unsigned extended_features = 7;
    return __get_cpuid_count(extended_features, 0, &eax, &ebx, &ecx, &edx) != 0 &&
           (ebx & bit_BMI2) != 0;
  }();
  return has;
}
#endif

}  // namespace

InflateStop InflateSymbols(InflateState& state, const DeflateTable& literals,
                           const DeflateTable& distances) {
#if defined(__x86_64__)
  if (HasBmi2()) {
    return DecodeBlockBmi2(state, literals.data(), distances.data());
  }
#endif
  return DecodeBlock(state, literals.data(), distances.data());
}

}  // namespace flowstone::archive
