// Copies that share their blocks with the original until one of the two is written. Only some file
// systems of the kernel can (btrfs, XFS, bcachefs); so this is no verb of FileSystem.
#pragma once

#include <cstdint>
#include <string>

#include "flowstone/base/result.h"

namespace flowstone::os {

// Makes `path`, with `mode` & ~umask, a clone of the file `existing`. kConflict when `path` exists;
// kInvalid where the file system cannot, and between two; then nothing is left.
Status CloneFile(const std::string& existing, const std::string& path, std::uint32_t mode);

}  // namespace flowstone::os
