#include "flowstone/build/source_unpack.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/archive/byte_source.h"
#include "flowstone/archive/bzip2.h"
#include "flowstone/archive/gzip.h"
#include "flowstone/archive/tar_reader.h"
#include "flowstone/archive/xz.h"
#include "flowstone/archive/zip_reader.h"
#include "flowstone/archive/zstd.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::build {
namespace {

using Inflate = Result<std::string> (*)(std::string_view bytes, std::uint64_t max_bytes);

struct CompressedTar {
  std::string_view suffix;
  Inflate inflate;
};

// What pip and uv know, by the same endings.
constexpr std::array<CompressedTar, 9> kCompressedTars = {{
    {".tar.gz", archive::GzipDecompress},
    {".tgz", archive::GzipDecompress},
    {".tar.bz2", archive::Bzip2Decompress},
    {".tbz", archive::Bzip2Decompress},
    {".tar.xz", archive::XzDecompress},
    {".txz", archive::XzDecompress},
    {".tar.lzma", archive::XzDecompress},
    {".tlz", archive::XzDecompress},
    {".tar.zst", archive::ZstdDecompress},
}};

// Null for anything else.
const CompressedTar* CompressionOf(std::string_view name) {
  const auto* const found = std::ranges::find_if(
      kCompressedTars, [name](const CompressedTar& tar) { return name.ends_with(tar.suffix); });
  return found == kCompressedTars.end() ? nullptr : found;
}

class Unpacker {
 public:
  Unpacker(os::FileSystem& filesystem, std::string directory)
      : filesystem_(filesystem), directory_(std::move(directory)) {}

  Status Tar(std::string_view bytes, std::uint64_t max_bytes) {
    archive::MemoryByteSource source(bytes);
    archive::SourceStream stream(source);
    archive::TarReader reader(stream, {.max_total_bytes = max_bytes});
    while (true) {
      FLOWSTONE_LET(const auto member, reader.Next());
      if (!member) {
        return Ok();
      }
      FLOWSTONE_TRY(TarMember(reader, *member));
    }
  }

  Status Zip(std::string_view bytes, const UnpackLimits& limits) {
    archive::MemoryByteSource source(bytes);
    FLOWSTONE_LET(const archive::ZipReader reader,
                  archive::ZipReader::Open(source, {.max_total_bytes = limits.max_total_bytes,
                                                    .max_ratio = limits.max_ratio,
                                                    .ratio_free_bytes = limits.ratio_free_bytes}));
    for (const archive::ZipMember& member : reader.members()) {
      if (member.type == archive::ZipMemberType::kDirectory) {
        FLOWSTONE_TRY(os::MakeDirectories(filesystem_, PathOf(member.name)));
        continue;
      }
      FLOWSTONE_LET(auto file, OpenFile(member.name, member.executable() ? 0755 : 0644));
      FLOWSTONE_TRY(reader.ReadPieces(
          member, [&file](std::string_view piece) { return file->Write(piece); }));
      FLOWSTONE_TRY(file->Close());
    }
    return Ok();
  }

  // Where the project is.
  Result<std::string> Root() {
    FLOWSTONE_LET(const auto entries, filesystem_.ListDirectory(directory_));
    const bool has_one_directory =
        entries.size() == 1 && entries.front().type == os::FileType::kDirectory;
    return has_one_directory ? PathOf(entries.front().name) : directory_;
  }

 private:
  std::string PathOf(const std::string& member) const { return os::JoinPath(directory_, member); }

  Status TarMember(archive::TarReader& reader, const archive::TarMember& member) {
    const std::string path = PathOf(member.path);
    if (member.type == archive::TarMemberType::kDirectory) {
      return os::MakeDirectories(filesystem_, path);
    }
    FLOWSTONE_TRY(os::MakeDirectories(filesystem_, os::DirName(path)));
    if (member.type == archive::TarMemberType::kSymlink) {
      return filesystem_.MakeSymlink(member.link_target, path);
    }
    if (member.type == archive::TarMemberType::kHardLink) {
      return os::CopyFile(filesystem_, PathOf(member.link_target), path);
    }
    FLOWSTONE_LET(auto file, OpenFile(member.path, member.mode));
    FLOWSTONE_TRY(
        reader.ReadPieces([&file](std::string_view piece) { return file->Write(piece); }));
    return file->Close();
  }

  Result<std::unique_ptr<os::OutputFile>> OpenFile(const std::string& member, std::uint32_t mode) {
    const std::string path = PathOf(member);
    FLOWSTONE_TRY(os::MakeDirectories(filesystem_, os::DirName(path)));
    return filesystem_.OpenOutput(path, os::Existing::kRefuse, mode);
  }

  os::FileSystem& filesystem_;
  std::string directory_;
};

}  // namespace

bool IsSourceArchive(const std::string& file_name) {
  return CompressionOf(file_name) != nullptr || file_name.ends_with(".zip") ||
         file_name.ends_with(".tar");
}

Result<std::string> UnpackSource(os::FileSystem& filesystem, const std::string& path,
                                 const std::string& file_name, const std::string& directory,
                                 const UnpackLimits& limits) {
  if (!IsSourceArchive(file_name)) {
    return Error{
        .code = ErrorCode::kInvalid,
        .message = file_name + " is no source archive that can be unpacked",
        .hints = {"sources are .tar.gz (PEP 625) or .zip files; .tar, .tar.bz2, .tar.xz and "
                  ".tar.zst are read too"}};
  }
  FLOWSTONE_LET(const std::string bytes, filesystem.ReadFile(path));
  const std::uint64_t allowed = std::clamp<std::uint64_t>(
      bytes.size() * limits.max_ratio, std::min(limits.ratio_free_bytes, limits.max_total_bytes),
      limits.max_total_bytes);
  Unpacker unpacker(filesystem, directory);
  const auto unpack = [&]() -> Status {
    if (file_name.ends_with(".zip")) {
      return unpacker.Zip(bytes, limits);
    }
    const CompressedTar* tar = CompressionOf(file_name);
    if (tar == nullptr) {
      return unpacker.Tar(bytes, limits.max_total_bytes);
    }
    FLOWSTONE_LET(const std::string inflated, tar->inflate(bytes, allowed));
    return unpacker.Tar(inflated, allowed);
  };
  if (Status unpacked = unpack(); !unpacked) {
    unpacked.error().message = file_name + " cannot be unpacked: " + unpacked.error().message;
    return std::move(unpacked.error());
  }
  return unpacker.Root();
}

}  // namespace flowstone::build
