#include "flowstone/archive/gzip.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstddef>
#include <memory>

namespace flowstone::archive {
namespace {

// Deflate cannot shrink further than this, so no honest member is larger inflated.
constexpr std::uint64_t kLargestRatio = 1032;
constexpr std::size_t kSmallestMember = 18;  // header and trailer
constexpr std::size_t kFirstGuess = 65536;

struct FreeCompressor {
  void operator()(libdeflate_compressor* compressor) const {
    libdeflate_free_compressor(compressor);
  }
};
struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const {
    libdeflate_free_decompressor(decompressor);
  }
};
using Decompressor = std::unique_ptr<libdeflate_decompressor, FreeDecompressor>;

Error Damaged(std::string what) {
  return Error{.code = ErrorCode::kCorrupt, .message = "gzip data is damaged: " + std::move(what)};
}

Error TooLarge(std::uint64_t max_bytes) {
  return Error{.code = ErrorCode::kCorrupt,
               .message = "gzip data inflates to more than " + std::to_string(max_bytes) +
                          " bytes, the limit here"};
}

// The size that the last member's trailer claims (modulo 2^32), which is the whole truth for nearly
// every file there is; it only decides how much memory to try first.
std::uint64_t ClaimedSize(std::string_view bytes) {
  std::uint64_t size = 0;
  for (std::size_t i = 1; i <= 4; ++i) {
    size = size << 8U | static_cast<unsigned char>(bytes[bytes.size() - i]);
  }
  return size;
}

// Inflates the member at the front of `bytes` behind `text`. Returns how long the member was.
Result<std::size_t> InflateMember(libdeflate_decompressor* decompressor, std::string_view bytes,
                                  std::uint64_t max_bytes, std::string& text) {
  const std::size_t start = text.size();
  const std::uint64_t most =
      std::min<std::uint64_t>(max_bytes - start, bytes.size() * kLargestRatio);
  auto capacity = static_cast<std::size_t>(
      std::min(most, std::max<std::uint64_t>(ClaimedSize(bytes), kFirstGuess)));
  while (true) {
    text.resize(start + capacity);
    std::size_t consumed = 0;
    std::size_t produced = 0;
    const libdeflate_result result =
        libdeflate_gzip_decompress_ex(decompressor, bytes.data(), bytes.size(), text.data() + start,
                                      capacity, &consumed, &produced);
    if (result == LIBDEFLATE_SUCCESS) {
      text.resize(start + produced);
      return consumed;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE) {
      return Damaged("it is cut off, or its checksum does not match");
    }
    if (capacity == most) {
      return TooLarge(max_bytes);
    }
    capacity = static_cast<std::size_t>(std::min<std::uint64_t>(most, capacity * 2));
  }
}

}  // namespace

std::string GzipCompress(std::string_view bytes, int level) {
  const std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(
      libdeflate_alloc_compressor(level));
  FLOWSTONE_CHECK(compressor != nullptr);  // the level is out of range, or no memory
  std::string compressed(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()), '\0');
  const std::size_t size = libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(),
                                                    compressed.data(), compressed.size());
  FLOWSTONE_CHECK(size != 0);
  compressed.resize(size);
  return compressed;
}

Result<std::string> GzipDecompress(std::string_view bytes, std::uint64_t max_bytes) {
  const Decompressor decompressor(libdeflate_alloc_decompressor());
  FLOWSTONE_CHECK(decompressor != nullptr);
  std::string text;
  do {
    if (bytes.size() < kSmallestMember) {
      return Damaged("it ends in the middle");
    }
    FLOWSTONE_LET(const std::size_t consumed,
                  InflateMember(decompressor.get(), bytes, max_bytes, text));
    bytes.remove_prefix(consumed);
    // Padding of tapes and block devices, which gzip(1) ignores too.
  } while (bytes.find_first_not_of('\0') != std::string_view::npos);
  return text;
}

}  // namespace flowstone::archive
