// UnpackSource: the archive of a source distribution or of a project → its tree.
//
// Archives come from anywhere. Names, links and modes pass the guards of the archive module (PEP
// 721's data filter); the number and the total size of the members are limited before anything is
// written.
#pragma once

#include <cstdint>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::build {

struct UnpackLimits {
  std::uint64_t max_total_bytes = std::uint64_t{4} << 30U;
  // An archive may always inflate to this much; beyond it, to `max_ratio` times its size.
  std::uint64_t ratio_free_bytes = std::uint64_t{64} << 20U;
  std::uint64_t max_ratio = 200;
};

// Unpacks the archive at `path`, which `file_name` says to be a .zip, a .tar or one compressed by
// gzip, bzip2, xz or zstd, into the empty `directory`. Returns where the project is: the one
// directory that holds everything, or `directory` itself. kInvalid for another kind of archive,
// kCorrupt for one that is refused.
Result<std::string> UnpackSource(os::FileSystem& filesystem, const std::string& path,
                                 const std::string& file_name, const std::string& directory,
                                 const UnpackLimits& limits = {});

// Whether UnpackSource knows this kind of archive.
bool IsSourceArchive(const std::string& file_name);

}  // namespace flowstone::build
