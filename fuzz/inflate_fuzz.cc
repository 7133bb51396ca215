// DEFLATE in pieces: what Inflater accepts, libdeflate accepts and reads as the same.
#include <libdeflate.h>

#include "fuzz_target.h"
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "flowstone/archive/byte_source.h"
#include "flowstone/archive/inflater.h"

using flowstone::archive::Inflater;
using flowstone::fuzz::Require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t limit = std::size_t{1} << 20U;
  flowstone::archive::MemoryByteSource source(flowstone::fuzz::TextOf(data, size));
  flowstone::archive::SourceStream stream(source);
  Inflater inflater(stream);
  std::vector<char> buffer(Inflater::kWindow + Inflater::kLeastRoom);
  std::string text;
  while (text.size() <= limit) {
    const std::size_t known = std::min(text.size(), Inflater::kWindow);
    std::copy(text.end() - static_cast<std::ptrdiff_t>(known), text.end(), buffer.begin());
    const auto count = inflater.Read(std::span(buffer).first(known + Inflater::kLeastRoom), known);
    if (!count) {
      return 0;
    }
    if (*count == 0) {
      break;
    }
    text.append(buffer.data() + known, *count);
  }
  if (text.size() > limit) {
    return 0;
  }
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  std::string expected(text.size(), '\0');
  std::size_t consumed = 0;
  std::size_t produced = 0;
  const libdeflate_result result = libdeflate_deflate_decompress_ex(
      decompressor, data, size, expected.data(), expected.size(), &consumed, &produced);
  libdeflate_free_decompressor(decompressor);
  Require(result == LIBDEFLATE_SUCCESS && consumed == size, "libdeflate reads it, too");
  Require(produced == text.size() && expected == text, "and the same");
  return 0;
}
