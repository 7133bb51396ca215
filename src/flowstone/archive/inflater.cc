#include "flowstone/archive/inflater.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "flowstone/archive/inflate_symbols.h"
#include "flowstone/base/check.h"

namespace flowstone::archive {
namespace {

constexpr std::size_t kInflaterInput = std::size_t{64} << 10U;
constexpr std::size_t kMostLiteralCodes = 286;
constexpr std::size_t kMostDistanceCodes = 30;
// §3.2.7: the order in which the lengths of the codes for lengths come.
constexpr std::array<std::uint8_t, kLengthCodeSymbols> kLengthCodeOrder = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

Error DamagedStream(std::string_view what) {
  return {.code = ErrorCode::kCorrupt,
          .message = "the compressed bytes are damaged: " + std::string(what)};
}

}  // namespace

// References may go back to `begin`.
struct Inflater::Output {
  char* begin;
  char* next;
  char* end;

  std::size_t room() const { return static_cast<std::size_t>(end - next); }
};

Inflater::Inflater(ByteStream& compressed)
    : compressed_(compressed),
      input_(kInflaterInput),
      next_(input_.data()),
      end_(input_.data()),
      literals_(DeflateAlphabet::kLiterals, kLiteralBits),
      distances_(DeflateAlphabet::kDistances, kDistanceBits),
      length_code_(DeflateAlphabet::kLengthCode, kLengthCodeBits) {}

Result<std::size_t> Inflater::Read(std::span<char> buffer, std::size_t known) {
  FLOWSTONE_CHECK(buffer.size() >= known + kLeastRoom);
  Output output{
      .begin = buffer.data(), .next = buffer.data() + known, .end = buffer.data() + buffer.size()};
  const char* const start = output.next;
  while (stage_ != Stage::kEnd && output.room() >= kInflateOutputMargin) {
    switch (stage_) {
      case Stage::kHeader:
        FLOWSTONE_TRY(is_last_block_ ? CheckEnd() : ReadHeader());
        break;
      case Stage::kStored:
        FLOWSTONE_TRY(CopyStored(output));
        break;
      case Stage::kSymbols:
        FLOWSTONE_TRY(DecodeSymbols(output));
        break;
      case Stage::kEnd:
        break;
    }
  }
  return static_cast<std::size_t>(output.next - start);
}

Status Inflater::FillInput() {
  const auto left = static_cast<std::size_t>(end_ - next_);
  std::memmove(input_.data(), next_, left);
  next_ = input_.data();
  end_ = input_.data() + left;
  FLOWSTONE_LET(const std::size_t count, compressed_.Read(std::span(input_).subspan(left)));
  end_ += count;
  is_exhausted_ = count == 0;
  return Ok();
}

Status Inflater::Need(unsigned count) {
  while (bit_count_ < count) {
    if (next_ == end_ && !is_exhausted_) {
      FLOWSTONE_TRY(FillInput());
    }
    if (next_ == end_) {
      ++missing_;
    } else {
      bits_ |= std::uint64_t{static_cast<unsigned char>(*next_++)} << bit_count_;
    }
    bit_count_ += 8;
  }
  return Ok();
}

std::uint32_t Inflater::Take(unsigned count) {
  const auto value = static_cast<std::uint32_t>(bits_ & ((std::uint64_t{1} << count) - 1));
  bits_ >>= count;
  bit_count_ -= count;
  return value;
}

Result<std::uint32_t> Inflater::Bits(unsigned count) {
  FLOWSTONE_TRY(Need(count));
  const std::uint32_t value = Take(count);
  if (IsOverdrawn()) {
    return DamagedStream("they are cut off");
  }
  return value;
}

Status Inflater::ReadHeader() {
  FLOWSTONE_LET(const std::uint32_t header, Bits(3));
  is_last_block_ = (header & 1U) != 0;
  switch (header >> 1U) {
    case 0:
      return ReadStoredHeader();
    case 1:
      return BuildFixedCodes();
    case 2:
      return ReadCodes();
    default:
      return DamagedStream("a block has a reserved type");
  }
}

Status Inflater::ReadStoredHeader() {
  Take(bit_count_ % 8);
  FLOWSTONE_LET(const std::uint32_t length, Bits(16));
  FLOWSTONE_LET(const std::uint32_t complement, Bits(16));
  if (length != (complement ^ 0xFFFFU)) {
    return DamagedStream("a block does not have the length that it says");
  }
  stored_left_ = length;
  stage_ = Stage::kStored;
  return Ok();
}

Status Inflater::CopyStored(Output& output) {
  // Whole bytes that were taken in already come first.
  while (bit_count_ > 0 && stored_left_ > 0 && output.room() > 0) {
    FLOWSTONE_LET(const std::uint32_t byte, Bits(8));
    *output.next++ = static_cast<char>(byte);
    --stored_left_;
  }
  while (stored_left_ > 0 && output.room() > 0) {
    if (next_ == end_) {
      FLOWSTONE_TRY(FillInput());
      if (is_exhausted_) {
        return DamagedStream("they are cut off");
      }
    }
    const std::size_t count =
        std::min({stored_left_, output.room(), static_cast<std::size_t>(end_ - next_)});
    std::memcpy(output.next, next_, count);
    output.next += count;
    next_ += count;
    stored_left_ -= count;
  }
  stage_ = stored_left_ > 0 ? Stage::kStored : Stage::kHeader;
  return Ok();
}

// §3.2.6
Status Inflater::BuildFixedCodes() {
  std::array<std::uint8_t, kLiteralSymbols> literals{};
  for (std::size_t symbol = 0; symbol < literals.size(); ++symbol) {
    literals.at(symbol) = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
  }
  std::array<std::uint8_t, kDistanceSymbols> distances{};
  distances.fill(5);
  const bool is_built = literals_.Build(literals) == DeflateTable::Built::kYes &&
                        distances_.Build(distances) == DeflateTable::Built::kYes;
  FLOWSTONE_CHECK(is_built);
  stage_ = Stage::kSymbols;
  return Ok();
}

// §3.2.7
Status Inflater::ReadCodes() {
  FLOWSTONE_LET(const std::uint32_t header, Bits(14));
  const std::size_t literal_codes = (header & 31U) + 257;
  const std::size_t distance_codes = (header >> 5U & 31U) + 1;
  const std::size_t length_codes = (header >> 10U) + 4;
  if (literal_codes > kMostLiteralCodes || distance_codes > kMostDistanceCodes) {
    return DamagedStream("a block has more codes than there are symbols");
  }
  std::array<std::uint8_t, kLengthCodeSymbols> of_lengths{};
  for (std::size_t i = 0; i < length_codes; ++i) {
    FLOWSTONE_LET(const std::uint32_t length, Bits(3));
    of_lengths.at(kLengthCodeOrder.at(i)) = static_cast<std::uint8_t>(length);
  }
  if (length_code_.Build(of_lengths) == DeflateTable::Built::kNo) {
    return DamagedStream("a block has impossible codes");
  }
  std::array<std::uint8_t, kLiteralSymbols + kDistanceSymbols> lengths{};
  const std::span<std::uint8_t> used(lengths.data(), literal_codes + distance_codes);
  FLOWSTONE_TRY(ReadLengths(used));
  if (literals_.Build(used.first(literal_codes)) == DeflateTable::Built::kNo ||
      distances_.Build(used.subspan(literal_codes)) == DeflateTable::Built::kNo) {
    return DamagedStream("a block has impossible codes");
  }
  stage_ = Stage::kSymbols;
  return Ok();
}

Status Inflater::ReadLengths(std::span<std::uint8_t> lengths) {
  std::size_t at = 0;
  while (at < lengths.size()) {
    FLOWSTONE_LET(const DeflateEntry entry, NextEntry(length_code_));
    const std::uint32_t symbol = entry >> 16U;
    if (symbol < 16) {
      lengths[at++] = static_cast<std::uint8_t>(symbol);
      continue;
    }
    if (symbol == 16 && at == 0) {
      return DamagedStream("a block repeats a length that is not there");
    }
    const unsigned extra_bits = symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
    FLOWSTONE_LET(const std::uint32_t extra, Bits(extra_bits));
    const std::size_t count = extra + (symbol == 18 ? 11 : 3);
    if (count > lengths.size() - at) {
      return DamagedStream("a block has more lengths than codes");
    }
    const std::uint8_t repeated = symbol == 16 ? lengths[at - 1] : std::uint8_t{0};
    std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(at), count, repeated);
    at += count;
  }
  return Ok();
}

Status Inflater::DecodeSymbols(Output& output) {
  while (stage_ == Stage::kSymbols && output.room() >= kInflateOutputMargin) {
    if (static_cast<std::size_t>(end_ - next_) < kInflateInputMargin && !is_exhausted_) {
      FLOWSTONE_TRY(FillInput());
      continue;
    }
    if (static_cast<std::size_t>(end_ - next_) < kInflateInputMargin) {
      FLOWSTONE_TRY(DecodeOne(output));
      continue;
    }
    InflateState state{.bits = bits_,
                       .bit_count = bit_count_,
                       .next = next_,
                       .end = end_,
                       .begin = output.begin,
                       .out = output.next,
                       .out_end = output.end};
    const InflateStop stop = InflateSymbols(state, literals_, distances_);
    bits_ = state.bits;
    bit_count_ = static_cast<unsigned>(state.bit_count);
    next_ = state.next;
    output.next = state.out;
    if (stop == InflateStop::kDamaged) {
      return DamagedStream("there is no such symbol");
    }
    if (stop == InflateStop::kEndOfBlock) {
      stage_ = Stage::kHeader;
    }
  }
  return Ok();
}

Result<DeflateEntry> Inflater::NextEntry(const DeflateTable& table) {
  FLOWSTONE_TRY(Need(kLongestDeflateCode));
  DeflateEntry entry = table.data()[bits_ & ((1U << table.bits()) - 1U)];
  if ((entry & kDeflateLink) != 0 && (entry & kDeflateLiteral) == 0) {
    Take(entry & 0xFFU);
    entry = table.data()[(entry >> 16U) + (bits_ & ((1U << (entry >> 8U & 0xFU)) - 1U))];
  }
  const bool is_unused = (entry & kDeflateLiteral) == 0 && (entry & kDeflateSpecial) != 0 &&
                         (entry & kDeflateEnd) == 0;
  if (is_unused) {
    return DamagedStream("there is no such symbol");
  }
  Take(entry >> 8U & 0xFU);
  if (IsOverdrawn()) {
    return DamagedStream("they are cut off");
  }
  return entry;
}

Status Inflater::DecodeOne(Output& output) {
  const auto value_of = [this](DeflateEntry entry) -> Result<std::uint32_t> {
    FLOWSTONE_LET(const std::uint32_t extra, Bits((entry & 0xFFU) - (entry >> 8U & 0xFU)));
    return (entry >> 16U) + extra;
  };
  FLOWSTONE_LET(const DeflateEntry entry, NextEntry(literals_));
  if ((entry & kDeflateLiteral) != 0) {
    *output.next++ = static_cast<char>(entry >> 16U);
    return Ok();
  }
  if ((entry & kDeflateSpecial) != 0) {
    stage_ = Stage::kHeader;
    return Ok();
  }
  FLOWSTONE_LET(const std::uint32_t length, value_of(entry));
  FLOWSTONE_LET(const DeflateEntry back, NextEntry(distances_));
  if ((back & kDeflateSpecial) != 0) {
    return DamagedStream("there is no such symbol");
  }
  FLOWSTONE_LET(const std::uint32_t distance, value_of(back));
  if (distance > static_cast<std::size_t>(output.next - output.begin)) {
    return DamagedStream("they refer to what is before their beginning");
  }
  for (std::uint32_t i = 0; i < length; ++i) {
    *output.next = *(output.next - distance);
    ++output.next;
  }
  return Ok();
}

// Nothing may be behind the last block but the rest of its last byte.
Status Inflater::CheckEnd() {
  if (next_ == end_ && !is_exhausted_) {
    FLOWSTONE_TRY(FillInput());
  }
  if (next_ != end_ || bit_count_ / 8 > missing_) {
    return DamagedStream("there are bytes behind their end");
  }
  stage_ = Stage::kEnd;
  return Ok();
}

}  // namespace flowstone::archive
