// Inflater: DEFLATE (RFC 1951) in pieces, with little memory and about as fast as libdeflate, which
// wants all of its input and all of its output at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "flowstone/archive/byte_source.h"
#include "flowstone/archive/deflate_code.h"
#include "flowstone/base/result.h"

namespace flowstone::archive {

class Inflater {
 public:
  // How far back a stream may refer.
  static constexpr std::size_t kWindow = 32768;
  // The least room for new bytes that Read is of use with.
  static constexpr std::size_t kLeastRoom = 4096;

  // `compressed` is borrowed. It has to end with the stream.
  explicit Inflater(ByteStream& compressed);

  // Writes more bytes into `buffer`, behind its first `known` bytes: those that came last, kWindow
  // of them or all that there were. Returns how many; 0 only at the end, which is checked. It may
  // leave some room at the end of the buffer. kCorrupt when the stream is damaged.
  // REQUIRES: buffer.size() >= known + kLeastRoom.
  Result<std::size_t> Read(std::span<char> buffer, std::size_t known);

 private:
  enum class Stage : std::uint8_t { kHeader, kStored, kSymbols, kEnd };
  struct Output;  // where the next byte goes

  Status ReadHeader();
  Status ReadStoredHeader();
  Status ReadCodes();
  Status BuildFixedCodes();
  Status ReadLengths(std::span<std::uint8_t> lengths);
  Status CopyStored(Output& output);
  Status DecodeSymbols(Output& output);
  // One symbol, near the end of the input.
  Status DecodeOne(Output& output);
  Result<DeflateEntry> NextEntry(const DeflateTable& table);
  Status CheckEnd();

  // Brings more input, as long as there is any, so that at least a few bytes lie in memory.
  Status FillInput();
  // Makes `count` bits available; behind the end they are 0.
  Status Need(unsigned count);
  std::uint32_t Take(unsigned count);
  Result<std::uint32_t> Bits(unsigned count);
  // Whether more bits were taken than there are.
  bool IsOverdrawn() const { return missing_ * 8 > bit_count_; }

  ByteStream& compressed_;
  std::vector<char> input_;
  const char* next_ = nullptr;
  const char* end_ = nullptr;
  bool is_exhausted_ = false;  // the stream has no more input than what is in memory
  std::uint64_t bits_ = 0;     // the lowest comes first; above bit_count_ there may be rubbish
  unsigned bit_count_ = 0;
  unsigned missing_ = 0;  // bytes of bits_ that are behind the end of the input

  Stage stage_ = Stage::kHeader;
  bool is_last_block_ = false;
  std::size_t stored_left_ = 0;
  DeflateTable literals_;
  DeflateTable distances_;
  DeflateTable length_code_;
};

}  // namespace flowstone::archive
