// Checks that something fits on the disk before it is written, so that a full disk is one clear
// error instead of a half-written tree.
#pragma once

#include <cstdint>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// What a file of that size takes: whole blocks, and its inode.
std::uint64_t RoundedToBlocks(std::uint64_t size);

// kIo with both numbers when the file system of `path` has less than `bytes` available. A file
// system that does not tell passes.
Status CheckDiskSpace(os::FileSystem& filesystem, const std::string& path, std::uint64_t bytes);
// Whether that is what an error says.
bool IsDiskTooSmall(const Error& error);

// "12.3 MiB"; rounded up, so that "needs" never looks smaller than "has".
std::string Mebibytes(std::uint64_t bytes);

}  // namespace flowstone::install
