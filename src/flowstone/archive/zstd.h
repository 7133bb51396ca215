// Zstandard (RFC 8878) by libzstd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "flowstone/archive/byte_source.h"
#include "flowstone/base/result.h"

namespace flowstone::archive {

// One frame with its content size and a checksum. `level` is 1 (fast) to 19 (small).
std::string ZstdCompress(std::string_view bytes, int level = 3);

// All frames, concatenated. kCorrupt when they are damaged, cut off, or hold more than `max_bytes`.
Result<std::string> ZstdDecompress(std::string_view bytes, std::uint64_t max_bytes);

// How much smaller `sample` gets at the fastest level: compressed size over size, about 1 for what
// is compressed already and for an empty sample. Ask with a few tens of KiB.
double CompressionRatioEstimate(std::string_view sample);

// The inflated bytes of a stream of frames; memory is bounded by a window of 128 MiB. `stream` is
// borrowed.
class ZstdStream final : public ByteStream {
 public:
  ZstdStream(ByteStream& stream, std::uint64_t max_bytes);
  ~ZstdStream() override;
  ZstdStream(const ZstdStream&) = delete;
  ZstdStream& operator=(const ZstdStream&) = delete;

  Result<std::size_t> Read(std::span<char> buffer) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flowstone::archive
