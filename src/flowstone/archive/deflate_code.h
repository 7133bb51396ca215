// The prefix codes of DEFLATE (RFC 1951 §3.2) as tables that a decoder indexes with the next bits
// of its input. Internal to Inflater.
//
// A table has one entry for each value of the first bits of the input; codes that are longer lead
// to a second table. An entry holds all that its symbol means, so that a literal takes one look-up
// and a length or a distance another:
//
//   bits 0-7    how many bits it takes: those of the code and the extra bits behind them
//   bits 8-11   of these, those of the code; in a link, the bits that index the second table
//   bits 12-15  flags
//   bits 16-30  the literal, the base of a length or distance, or where the second table begins
//   bit 31      it is a literal
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace flowstone::archive {

using DeflateEntry = std::uint32_t;

inline constexpr DeflateEntry kDeflateLiteral = 0x80000000U;
inline constexpr DeflateEntry kDeflateSpecial = 0x8000U;  // one of the three below
inline constexpr DeflateEntry kDeflateLink = 0x1000U;     // to the second table
inline constexpr DeflateEntry kDeflateEnd = 0x2000U;      // of the block
inline constexpr DeflateEntry kDeflateUnused = 0x4000U;   // no code, or one of a reserved symbol

inline constexpr unsigned kLongestDeflateCode = 15;
inline constexpr unsigned kLiteralBits = 11;
inline constexpr unsigned kDistanceBits = 9;
inline constexpr unsigned kLengthCodeBits = 7;
inline constexpr std::size_t kLiteralSymbols = 288;
inline constexpr std::size_t kDistanceSymbols = 32;
inline constexpr std::size_t kLengthCodeSymbols = 19;

// What the symbols of a code mean, without the bits that the code takes.
enum class DeflateAlphabet : std::uint8_t { kLiterals, kDistances, kLengthCode };

class DeflateTable {
 public:
  DeflateTable(DeflateAlphabet alphabet, unsigned bits);

  enum class Built : bool { kNo, kYes };
  // Takes the lengths of the codes of symbols 0, 1, …; 0 for those that have none. They have to use
  // up all codes, but for one symbol alone, of one bit, and for blocks without distances (§3.2.7);
  // kNo otherwise.
  Built Build(std::span<const std::uint8_t> lengths);

  const DeflateEntry* data() const { return entries_.data(); }
  unsigned bits() const { return bits_; }

 private:
  using Counts = std::array<std::uint16_t, kLongestDeflateCode + 1>;

  bool IsAllowed(const Counts& counts) const;
  // Gives each of the first parts that longer codes share a second table.
  void LinkLongCodes(std::span<const std::uint8_t> lengths, const Counts& first_codes);
  void Enter(std::uint32_t code, unsigned length, DeflateEntry meaning);

  DeflateAlphabet alphabet_;
  unsigned bits_;
  std::vector<DeflateEntry> meanings_;  // by symbol
  std::vector<DeflateEntry> entries_;   // the table, and behind it the second ones
};

}  // namespace flowstone::archive
