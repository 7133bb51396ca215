#include "flowstone/install/file_digest.h"

#include <cstddef>
#include <memory>

namespace flowstone::install {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20U;

}  // namespace

Result<FileDigest> DigestOfFile(os::FileSystem& filesystem, const std::string& path) {
  FLOWSTONE_LET(const std::unique_ptr<os::InputFile> file, filesystem.OpenInput(path));
  Hasher hasher;
  std::uint64_t size = 0;
  while (true) {
    FLOWSTONE_LET(const std::string piece, file->ReadAt(size, kPiece));
    if (piece.empty()) {
      return FileDigest{.digest = hasher.Finish(), .size = size};
    }
    hasher.Update(piece);
    size += piece.size();
  }
}

}  // namespace flowstone::install
