#include "flowstone/archive/bzip2.h"

#include <algorithm>
#include <bzlib.h>
#include <cstddef>
#include <limits>

namespace flowstone::archive {
namespace {

constexpr std::size_t kFirstBzip2Output = std::size_t{1} << 20U;
constexpr std::size_t kLargestBzip2Piece = std::numeric_limits<unsigned int>::max();

// Owns what libbz2 allocates for one stream.
class Bzip2Decoder {
 public:
  Bzip2Decoder() {
    const int started = BZ2_bzDecompressInit(&stream_, /*verbosity=*/0, /*small=*/0);
    FLOWSTONE_CHECK(started == BZ_OK);
  }
  ~Bzip2Decoder() { BZ2_bzDecompressEnd(&stream_); }
  Bzip2Decoder(const Bzip2Decoder&) = delete;
  Bzip2Decoder& operator=(const Bzip2Decoder&) = delete;

  bz_stream& stream() { return stream_; }

 private:
  bz_stream stream_{};
};

Error DamagedBzip2(std::string_view what) {
  return Error{.code = ErrorCode::kCorrupt,
               .message = "bzip2 data is damaged: " + std::string(what)};
}

// Text that grows while it is filled, up to a limit.
class LimitedText {
 public:
  explicit LimitedText(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  // Decodes into the free room, and makes room first. Returns what libbz2 returns.
  int Fill(bz_stream& stream) {
    // One byte beyond the limit tells a full file from one that goes on.
    if (filled_ == text_.size()) {
      const std::uint64_t larger = std::max<std::uint64_t>(kFirstBzip2Output, filled_ * 2);
      text_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(larger, max_bytes_ + 1)));
    }
    const std::size_t room = std::min(text_.size() - filled_, kLargestBzip2Piece);
    stream.next_out = text_.data() + filled_;
    stream.avail_out = static_cast<unsigned int>(room);
    const int ended = BZ2_bzDecompress(&stream);
    filled_ += room - stream.avail_out;
    return ended;
  }
  bool IsOverfull() const { return filled_ > max_bytes_; }
  std::string Take() {
    text_.resize(filled_);
    return std::move(text_);
  }

 private:
  std::uint64_t max_bytes_;
  std::size_t filled_ = 0;
  std::string text_;
};

// One stream from the front of `bytes`; returns how many of them it took.
Result<std::size_t> DecodeStream(std::string_view bytes, std::uint64_t max_bytes,
                                 LimitedText& text) {
  Bzip2Decoder decoder;
  bz_stream& stream = decoder.stream();
  std::size_t given = 0;
  while (true) {
    if (stream.avail_in == 0) {
      const std::size_t piece = std::min(bytes.size() - given, kLargestBzip2Piece);
      // libbz2 only reads it, although it does not say so.
      stream.next_in = const_cast<char*>(bytes.data() + given);
      stream.avail_in = static_cast<unsigned int>(piece);
      given += piece;
    }
    const int ended = text.Fill(stream);
    if (text.IsOverfull()) {
      return Error{.code = ErrorCode::kCorrupt,
                   .message = "bzip2 data inflates to more than " + std::to_string(max_bytes) +
                              " bytes, the limit here"};
    }
    if (ended == BZ_STREAM_END) {
      return given - stream.avail_in;
    }
    if (ended != BZ_OK) {
      return DamagedBzip2(ended == BZ_DATA_ERROR_MAGIC ? "it is of another format"
                                                       : "its checksums do not hold");
    }
    if (stream.avail_in == 0 && given == bytes.size() && stream.avail_out != 0) {
      return DamagedBzip2("it ends in the middle");
    }
  }
}

}  // namespace

Result<std::string> Bzip2Decompress(std::string_view bytes, std::uint64_t max_bytes) {
  LimitedText text(max_bytes);
  do {
    FLOWSTONE_LET(const std::size_t taken, DecodeStream(bytes, max_bytes, text));
    bytes.remove_prefix(taken);
  } while (!bytes.empty());
  return text.Take();
}

}  // namespace flowstone::archive
