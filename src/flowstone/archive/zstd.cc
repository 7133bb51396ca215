#include "flowstone/archive/zstd.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace flowstone::archive {
namespace {

constexpr int kLargestWindowLog = 27;  // 128 MiB, what zstd(1) itself accepts unasked
constexpr int kFastestLevel = 1;

Error DamagedFrame(std::string_view what) {
  return Error{.code = ErrorCode::kCorrupt,
               .message = "zstd data is damaged: " + std::string(what)};
}

Error FrameTooLarge(std::uint64_t max_bytes) {
  return Error{.code = ErrorCode::kCorrupt,
               .message = "zstd data inflates to more than " + std::to_string(max_bytes) +
                          " bytes, the limit here"};
}

struct FreeZstdCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeZstdDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

}  // namespace

std::string ZstdCompress(std::string_view bytes, int level) {
  const std::unique_ptr<ZSTD_CCtx, FreeZstdCompressor> context(ZSTD_createCCtx());
  FLOWSTONE_CHECK(context != nullptr);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string compressed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress2(context.get(), compressed.data(), compressed.size(),
                                          bytes.data(), bytes.size());
  FLOWSTONE_CHECK(ZSTD_isError(size) == 0);
  compressed.resize(size);
  return compressed;
}

Result<std::string> ZstdDecompress(std::string_view bytes, std::uint64_t max_bytes) {
  MemoryByteSource source(bytes);
  SourceStream compressed(source);
  ZstdStream stream(compressed, max_bytes);
  std::string text;
  // A frame may say how much it holds; what it says is bounded before it is believed.
  const unsigned long long claimed = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  const bool known = claimed != ZSTD_CONTENTSIZE_UNKNOWN && claimed != ZSTD_CONTENTSIZE_ERROR;
  if (known && claimed > max_bytes) {
    return FrameTooLarge(max_bytes);
  }
  std::size_t capacity = std::min<std::size_t>(ZSTD_DStreamOutSize(), bytes.size() * 4 + 1);
  if (known) {
    capacity = static_cast<std::size_t>(std::min<std::uint64_t>(claimed, bytes.size() * 256)) + 1;
  }
  std::size_t filled = 0;
  while (true) {
    text.resize(std::max(filled + capacity, text.size()));
    FLOWSTONE_LET(const std::size_t count,
                  stream.Read(std::span(text.data() + filled, text.size() - filled)));
    if (count == 0) {
      text.resize(filled);
      return text;
    }
    filled += count;
    capacity = filled == text.size() ? filled : text.size() - filled;
  }
}

double CompressionRatioEstimate(std::string_view sample) {
  if (sample.empty()) {
    return 1;
  }
  std::vector<char> compressed(ZSTD_compressBound(sample.size()));
  const std::size_t size = ZSTD_compress(compressed.data(), compressed.size(), sample.data(),
                                         sample.size(), kFastestLevel);
  FLOWSTONE_CHECK(ZSTD_isError(size) == 0);
  return static_cast<double>(size) / static_cast<double>(sample.size());
}

struct ZstdStream::State {
  State(ByteStream& stream, std::uint64_t max)
      : source(stream), max_bytes(max), context(ZSTD_createDCtx()), input(ZSTD_DStreamInSize()) {
    FLOWSTONE_CHECK(context != nullptr);
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kLargestWindowLog);
  }

  ByteStream& source;
  std::uint64_t max_bytes;
  std::uint64_t produced = 0;
  std::unique_ptr<ZSTD_DCtx, FreeZstdDecompressor> context;
  std::vector<char> input;
  std::size_t input_at = 0;
  std::size_t input_end = 0;
  bool within_frame = false;
  bool seen_frame = false;
};

ZstdStream::ZstdStream(ByteStream& stream, std::uint64_t max_bytes)
    : state_(std::make_unique<State>(stream, max_bytes)) {}
ZstdStream::~ZstdStream() = default;

Result<std::size_t> ZstdStream::Read(std::span<char> buffer) {
  State& state = *state_;
  ZSTD_outBuffer output{.dst = buffer.data(), .size = buffer.size(), .pos = 0};
  while (output.pos == 0 && output.size > 0) {
    if (state.input_at == state.input_end) {
      FLOWSTONE_LET(state.input_end, state.source.Read(state.input));
      state.input_at = 0;
    }
    const bool at_end = state.input_end == 0;
    if (at_end && !state.within_frame) {
      if (!state.seen_frame) {
        return DamagedFrame("it is empty");
      }
      return std::size_t{0};
    }
    // At the end of the input, bytes may still wait inside the context.
    ZSTD_inBuffer input{.src = state.input.data(), .size = state.input_end, .pos = state.input_at};
    const std::size_t left = ZSTD_decompressStream(state.context.get(), &output, &input);
    if (ZSTD_isError(left) != 0) {
      return DamagedFrame(ZSTD_getErrorName(left));
    }
    state.input_at = input.pos;
    state.within_frame = left != 0;
    state.seen_frame = true;
    if (at_end && state.within_frame && output.pos == 0) {
      return DamagedFrame("it is cut off");
    }
  }
  state.produced += output.pos;
  if (state.produced > state.max_bytes) {
    return FrameTooLarge(state.max_bytes);
  }
  return output.pos;
}

}  // namespace flowstone::archive
