// xz and the older lzma format, by liblzma, in memory. Only reading: nothing here writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::archive {

// All streams of an .xz file (or one .lzma file), concatenated, their checksums verified. kCorrupt
// when they are damaged, cut off, hold more than `max_bytes`, or ask for a dictionary of more than
// 256 MiB.
Result<std::string> XzDecompress(std::string_view bytes, std::uint64_t max_bytes);

}  // namespace flowstone::archive
