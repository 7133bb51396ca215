#include "flowstone/install/disk_space.h"

#include <algorithm>
#include <string_view>

namespace flowstone::install {
namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kInode = 256;

constexpr std::string_view kMoreSpace =
    "free some space, or set FLOWSTONE_HOME to a directory on a larger disk";

}  // namespace

std::uint64_t RoundedToBlocks(std::uint64_t size) {
  return (size + kBlock - 1) / kBlock * kBlock + kInode;
}

Status CheckDiskSpace(os::FileSystem& filesystem, const std::string& path, std::uint64_t bytes) {
  const Result<std::uint64_t> available = filesystem.AvailableBytes(path);
  if (!available || *available >= bytes) {
    return Ok();
  }
  return Error{.code = ErrorCode::kIo,
               .message = "the disk of " + path + " has " + Mebibytes(*available) + " left, and " +
                          Mebibytes(bytes) + " are needed"}
      .WithHint(std::string(kMoreSpace));
}

bool IsDiskTooSmall(const Error& error) {
  return std::ranges::find(error.hints, kMoreSpace) != error.hints.end();
}

std::string Mebibytes(std::uint64_t bytes) {
  const std::uint64_t tenths = (bytes * 10 + (1U << 20U) - 1) >> 20U;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MiB";
}

}  // namespace flowstone::install
