#include "flowstone/archive/deflate_code.h"

#include <algorithm>

namespace flowstone::archive {
namespace {

constexpr std::size_t kEndSymbol = 256;
constexpr DeflateEntry kUnusedEntry = kDeflateSpecial | kDeflateUnused;

// §3.2.5. Symbols 286 and 287, and distances 30 and 31, have codes and no meaning.
constexpr std::array<std::uint16_t, 29> kLengthBases = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                        15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                        67, 83, 99, 115, 131, 163, 195, 227, 258};
constexpr std::array<std::uint8_t, 29> kLengthExtraBits = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
constexpr std::array<std::uint16_t, 30> kDistanceBases = {
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
constexpr std::array<std::uint8_t, 30> kDistanceExtraBits = {0, 0, 0,  0,  1,  1,  2,  2,  3,  3,
                                                             4, 4, 5,  5,  6,  6,  7,  7,  8,  8,
                                                             9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

constexpr DeflateEntry Valued(std::uint32_t base, std::uint32_t extra_bits) {
  return base << 16U | extra_bits;
}

DeflateEntry MeaningOfLiteral(std::size_t symbol) {
  if (symbol < kEndSymbol) {
    return kDeflateLiteral | Valued(static_cast<std::uint32_t>(symbol), 0);
  }
  if (symbol == kEndSymbol) {
    return kDeflateSpecial | kDeflateEnd;
  }
  const std::size_t index = symbol - kEndSymbol - 1;
  return index < kLengthBases.size() ? Valued(kLengthBases.at(index), kLengthExtraBits.at(index))
                                     : kUnusedEntry;
}

DeflateEntry MeaningOf(DeflateAlphabet alphabet, std::size_t symbol) {
  switch (alphabet) {
    case DeflateAlphabet::kLiterals:
      return MeaningOfLiteral(symbol);
    case DeflateAlphabet::kDistances:
      return symbol < kDistanceBases.size()
                 ? Valued(kDistanceBases.at(symbol), kDistanceExtraBits.at(symbol))
                 : kUnusedEntry;
    case DeflateAlphabet::kLengthCode:
      break;
  }
  return Valued(static_cast<std::uint32_t>(symbol), 0);
}

std::size_t SymbolsOf(DeflateAlphabet alphabet) {
  switch (alphabet) {
    case DeflateAlphabet::kLiterals:
      return kLiteralSymbols;
    case DeflateAlphabet::kDistances:
      return kDistanceSymbols;
    case DeflateAlphabet::kLengthCode:
      break;
  }
  return kLengthCodeSymbols;
}

// Codes come with their first bit at the lowest place.
std::uint32_t Reversed(std::uint32_t code, unsigned length) {
  code = (code & 0x5555U) << 1U | (code >> 1U & 0x5555U);
  code = (code & 0x3333U) << 2U | (code >> 2U & 0x3333U);
  code = (code & 0x0F0FU) << 4U | (code >> 4U & 0x0F0FU);
  code = (code & 0x00FFU) << 8U | code >> 8U;
  return code >> (16U - length);
}

}  // namespace

DeflateTable::DeflateTable(DeflateAlphabet alphabet, unsigned bits)
    : alphabet_(alphabet), bits_(bits) {
  const std::size_t symbols = SymbolsOf(alphabet);
  meanings_.reserve(symbols);
  for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
    meanings_.push_back(MeaningOf(alphabet, symbol));
  }
}

bool DeflateTable::IsAllowed(const Counts& counts) const {
  std::int32_t left = 1;  // codes of the present length that are not taken
  std::size_t used = 0;
  for (unsigned length = 1; length <= kLongestDeflateCode; ++length) {
    left = left * 2 - counts.at(length);
    used += counts.at(length);
    if (left < 0) {
      return false;
    }
  }
  const bool is_single = alphabet_ != DeflateAlphabet::kLengthCode && used == 1 && counts[1] == 1;
  const bool may_be_empty = alphabet_ == DeflateAlphabet::kDistances && used == 0;
  return left == 0 || is_single || may_be_empty;
}

DeflateTable::Built DeflateTable::Build(std::span<const std::uint8_t> lengths) {
  Counts counts{};
  for (const std::uint8_t length : lengths) {
    ++counts.at(length);
  }
  counts[0] = 0;
  if (lengths.size() > meanings_.size() || !IsAllowed(counts)) {
    return Built::kNo;
  }
  Counts first_codes{};
  std::uint32_t code = 0;
  for (unsigned length = 1; length <= kLongestDeflateCode; ++length) {
    code = (code + counts.at(length - 1)) << 1U;
    first_codes.at(length) = static_cast<std::uint16_t>(code);
  }
  entries_.assign(std::size_t{1} << bits_, kUnusedEntry);
  LinkLongCodes(lengths, first_codes);
  Counts next = first_codes;
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    if (const unsigned length = lengths[symbol]; length > 0) {
      Enter(Reversed(next.at(length)++, length), length, meanings_[symbol]);
    }
  }
  return Built::kYes;
}

void DeflateTable::LinkLongCodes(std::span<const std::uint8_t> lengths, const Counts& first_codes) {
  const bool has_long_codes =
      std::ranges::any_of(lengths, [this](std::uint8_t length) { return length > bits_; });
  if (!has_long_codes) {
    return;
  }
  const std::uint32_t mask = (1U << bits_) - 1;
  Counts next = first_codes;
  std::vector<std::uint8_t> longest(mask + 1);  // by first part
  for (const unsigned length : lengths) {
    if (length == 0) {
      continue;
    }
    const std::uint32_t code = next.at(length)++;
    if (length > bits_) {
      std::uint8_t& of_part = longest[Reversed(code, length) & mask];
      of_part = std::max(of_part, static_cast<std::uint8_t>(length));
    }
  }
  for (std::size_t part = 0; part < longest.size(); ++part) {
    if (longest[part] > 0) {
      const unsigned more = longest[part] - bits_;
      const auto begin = static_cast<DeflateEntry>(entries_.size());
      entries_[part] = begin << 16U | kDeflateSpecial | kDeflateLink | more << 8U | bits_;
      entries_.resize(entries_.size() + (std::size_t{1} << more), kUnusedEntry);
    }
  }
}

void DeflateTable::Enter(std::uint32_t code, unsigned length, DeflateEntry meaning) {
  std::size_t begin = 0;
  unsigned index_bits = bits_;
  if (length > bits_) {
    const DeflateEntry link = entries_[code & ((1U << bits_) - 1)];
    begin = link >> 16U;
    index_bits = link >> 8U & 0xFU;
    code >>= bits_;
    length -= bits_;
  }
  const DeflateEntry entry = (meaning | length << 8U) + length;
  for (std::size_t i = code; i < std::size_t{1} << index_bits; i += std::size_t{1} << length) {
    entries_[begin + i] = entry;
  }
}

}  // namespace flowstone::archive
