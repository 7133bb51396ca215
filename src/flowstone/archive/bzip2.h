// bzip2, by libbz2, in memory. Only reading: nothing here writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::archive {

// All streams of a .bz2 file, concatenated, their checksums verified. kCorrupt when they are
// damaged, cut off, or hold more than `max_bytes`.
Result<std::string> Bzip2Decompress(std::string_view bytes, std::uint64_t max_bytes);

}  // namespace flowstone::archive
