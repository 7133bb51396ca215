#include "flowstone/archive/xz.h"

#include <algorithm>
#include <cstddef>
#include <lzma.h>

namespace flowstone::archive {
namespace {

constexpr std::uint64_t kXzMemory = std::uint64_t{256}
                                    << 20U;  // xz -9 makes files that need 65 MiB
constexpr std::size_t kFirstXzOutput = std::size_t{1} << 20U;

// Owns what liblzma allocates for one file.
class XzDecoder {
 public:
  XzDecoder() {
    const lzma_ret started = lzma_auto_decoder(&stream_, kXzMemory, LZMA_CONCATENATED);
    FLOWSTONE_CHECK(started == LZMA_OK);
  }
  ~XzDecoder() { lzma_end(&stream_); }
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;

  lzma_stream& stream() { return stream_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

Error DamagedXz(std::string_view what) {
  return Error{.code = ErrorCode::kCorrupt, .message = "xz data is damaged: " + std::string(what)};
}

Error ErrorOfXz(lzma_ret ended) {
  switch (ended) {
    case LZMA_MEMLIMIT_ERROR:
      return DamagedXz("it asks for more than 256 MiB of memory");
    case LZMA_FORMAT_ERROR:
      return DamagedXz("it is of another format");
    case LZMA_OPTIONS_ERROR:
      return DamagedXz("it uses filters that are not known");
    case LZMA_BUF_ERROR:
      return DamagedXz("it ends in the middle");
    default:
      return DamagedXz("its checksums do not hold");
  }
}

}  // namespace

Result<std::string> XzDecompress(std::string_view bytes, std::uint64_t max_bytes) {
  XzDecoder decoder;
  lzma_stream& stream = decoder.stream();
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  std::string text;
  std::size_t filled = 0;
  lzma_ret ended = LZMA_OK;
  while (ended == LZMA_OK) {
    // One byte beyond the limit tells a full file from one that goes on.
    const std::uint64_t larger = std::max<std::uint64_t>(kFirstXzOutput, filled * 2);
    text.resize(static_cast<std::size_t>(std::min<std::uint64_t>(larger, max_bytes + 1)));
    stream.next_out = reinterpret_cast<std::uint8_t*>(text.data() + filled);
    stream.avail_out = text.size() - filled;
    ended = lzma_code(&stream, LZMA_FINISH);
    filled = text.size() - stream.avail_out;
    if (filled > max_bytes) {
      return Error{.code = ErrorCode::kCorrupt,
                   .message = "xz data inflates to more than " + std::to_string(max_bytes) +
                              " bytes, the limit here"};
    }
  }
  if (ended != LZMA_STREAM_END) {
    return ErrorOfXz(ended);
  }
  text.resize(filled);
  return text;
}

}  // namespace flowstone::archive
