// gzip (RFC 1952) by libdeflate, in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::archive {

// One member with no name and no time: the same bytes everywhere for one version of libdeflate.
// `level` is 1 (fast) to 12 (small).
std::string GzipCompress(std::string_view bytes, int level = 6);

// All members of a gzip file, concatenated; NUL padding at the end is allowed. kCorrupt when the
// file is damaged or inflates to more than `max_bytes`.
Result<std::string> GzipDecompress(std::string_view bytes, std::uint64_t max_bytes);

}  // namespace flowstone::archive
