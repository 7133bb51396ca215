// ZipReader: reads ZIP archives (APPNOTE 6.3.10), believing nothing twice.
//
// Readers of ZIP files disagree when a file contradicts itself, and attackers live off that. This
// one accepts only files that all readers must understand in the same way: one end record with
// nothing behind it; as many entries as it says; local headers that repeat the central directory;
// members side by side without gaps or overlaps; names that pass path_guard.h, none below a file. A
// name may be there twice when it does not matter which of the two a reader takes: same bytes, same
// mode; then it is one member. No encryption, no spanning, no methods but stored, deflate and zstd.
// Sizes and CRCs are verified on reading. Bombs are refused by limits before anything is inflated.
//
// ZIP has symbolic links by convention only: they are read as regular files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/archive/byte_source.h"
#include "flowstone/base/result.h"

namespace flowstone::archive {

struct ZipLimits {
  std::uint64_t max_members = 200'000;
  std::uint64_t max_total_bytes = std::uint64_t{16} << 30U;  // of all members, inflated
  std::uint64_t max_ratio = 200;                             // inflated over compressed
  // The ratio binds archives that inflate to more than this; smaller ones do no harm.
  std::uint64_t ratio_free_bytes = std::uint64_t{64} << 20U;
};

enum class ZipChecks : std::uint8_t {
  kAllHeaders,    // every local header is read and compared when opening
  kNamedMembers,  // only those of members that are read: for a source where each read costs
};

enum class ZipMemberType : std::uint8_t { kFile, kDirectory };
enum class ZipMethod : std::uint16_t { kStored = 0, kDeflate = 8, kZstd = 93 };

struct ZipMember {
  std::string name;  // guarded: relative, without the final "/" of a directory
  ZipMemberType type = ZipMemberType::kFile;
  ZipMethod method = ZipMethod::kStored;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::uint32_t crc32 = 0;
  std::uint32_t mode = 0;   // permission bits when the writer was Unix, else 0644 or 0755
  std::uint16_t flags = 0;  // general purpose bits
  std::uint64_t header_offset = 0;
  bool executable() const { return (mode & 0111U) != 0; }
};

// As thread-safe as its source: members may be read from several threads when that may.
class ZipReader {
 public:
  // `source` is borrowed and must outlive the reader. With kNamedMembers two reads at most: the
  // last 64 KiB, and the rest of the central directory when it is longer.
  static Result<ZipReader> Open(ByteSource& source, const ZipLimits& limits = {},
                                ZipChecks checks = ZipChecks::kAllHeaders);

  // In the order of the central directory, each name once.
  const std::vector<ZipMember>& members() const { return members_; }
  // The member of that name, or null.
  const ZipMember* Find(std::string_view name) const;

  // The bytes of one of members(), verified. One read of the source.
  Result<std::string> Read(const ZipMember& member) const;
  // The same into memory of exactly member.size bytes, such as a mapped file.
  Status ReadInto(const ZipMember& member, std::span<char> destination) const;
  // The same in pieces, with little memory, but for members that zstd compressed: those come whole.
  // The sink may have seen wrong bytes when an error is returned.
  Status ReadPieces(const ZipMember& member, const ByteSink& sink) const;

 private:
  ZipReader(ByteSource& source, std::vector<ZipMember> members, std::uint64_t directory_offset);

  Status IndexNames(ZipChecks checks);
  // Takes later members of the same name out, when they are the same.
  Status MergeTwins(ZipChecks checks);
  Status CheckTwin(const ZipMember& first, const ZipMember& second, ZipChecks checks) const;

  // Calls `use` with the compressed bytes, which live as long as the call.
  Status WithCompressed(const ZipMember& member, const ByteSink& use) const;

  ByteSource* source_;
  std::vector<ZipMember> members_;
  std::uint64_t directory_offset_;      // where the members end
  std::vector<std::uint32_t> by_name_;  // indices into members_, sorted by name
};

}  // namespace flowstone::archive
