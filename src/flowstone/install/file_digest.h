// DigestOfFile: the sha256 and the size of a file, read in pieces.
#pragma once

#include <cstdint>
#include <string>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

struct FileDigest {
  Digest digest;
  std::uint64_t size = 0;
};

Result<FileDigest> DigestOfFile(os::FileSystem& filesystem, const std::string& path);

}  // namespace flowstone::install
