// The records of a ZIP file as bytes: the end record, the central directory, local headers.
// Internal to ZipReader, which says what is accepted and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/archive/byte_source.h"
#include "flowstone/archive/zip_reader.h"
#include "flowstone/base/result.h"

namespace flowstone::archive {

// General purpose bits (APPNOTE §4.4.4).
constexpr std::uint16_t kZipEncrypted = 1U << 0U;
constexpr std::uint16_t kZipDescriptor = 1U << 3U;
constexpr std::uint16_t kZipUtf8 = 1U << 11U;

// Bytes of a source: borrowed when it has them in memory, else a copy.
class ZipBytes {
 public:
  // kCorrupt when the source ends before.
  static Result<ZipBytes> Read(ByteSource& source, std::uint64_t offset, std::uint64_t length);

  std::string_view view() const { return borrowed_ ? *borrowed_ : std::string_view(owned_); }

 private:
  std::optional<std::string_view> borrowed_;
  std::string owned_;
};

Error ZipDamaged(std::string what);
Error ZipMemberRefused(std::string_view name, std::string_view why);

// What the end of the file says, ZIP64 included.
struct ZipEndRecord {
  std::uint64_t entry_count = 0;
  std::uint64_t directory_offset = 0;
  std::uint64_t directory_size = 0;
};
struct ZipTail {
  ZipEndRecord end;
  ZipBytes bytes;            // the last bytes of the file
  std::uint64_t offset = 0;  // where they start
};
// Finds the one end record, and checks that the directory lies directly before it.
Result<ZipTail> ReadZipTail(ByteSource& source);

// Decodes the whole central directory, checks each entry by itself and all against `limits`.
Result<std::vector<ZipMember>> ParseZipDirectory(std::string_view directory,
                                                 const ZipEndRecord& end, const ZipLimits& limits,
                                                 std::uint64_t archive_size);

// Compares the local header at the start of `bytes` with its member. Returns its length, behind
// which the data starts; nothing when `bytes` is too short to tell.
Result<std::optional<std::uint64_t>> CheckLocalHeader(std::string_view bytes,
                                                      const ZipMember& member);
// The least that CheckLocalHeader needs: all but the extra fields.
std::uint64_t LocalHeaderSize(const ZipMember& member);

// Whether `bytes` is a data descriptor of the member (APPNOTE §4.3.9), with or without signature,
// of 32 or 64 bits.
bool IsDataDescriptor(std::string_view bytes, const ZipMember& member);

}  // namespace flowstone::archive
