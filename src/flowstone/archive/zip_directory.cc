// The entries of a ZIP file: the central directory, and the local headers that must repeat it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "flowstone/archive/path_guard.h"
#include "flowstone/archive/zip_fields.h"
#include "flowstone/archive/zip_format.h"

namespace flowstone::archive {
namespace {

constexpr std::string_view kEntrySignature("PK\1\2", 4);
constexpr std::string_view kLocalSignature("PK\3\4", 4);
constexpr std::string_view kDescriptorSignature("PK\7\10", 4);
constexpr std::size_t kEntrySize = 46;
constexpr std::size_t kLocalSize = 30;

// Bits that mean encryption (0, 6, 13) and patch data (5).
constexpr std::uint16_t kRefusedFlags = kZipEncrypted | 1U << 5U | 1U << 6U | 1U << 13U;
// Bits that both headers must agree on: how the data ends and how the name is to be read.
constexpr std::uint16_t kComparedFlags = kZipEncrypted | kZipDescriptor | kZipUtf8;

constexpr std::uint8_t kMadeOnUnix = 3;
constexpr std::uint8_t kMadeOnDarwin = 19;
constexpr std::uint32_t kTypeMask = 0170000;
constexpr std::uint32_t kTypeDirectory = 0040000;
constexpr std::uint32_t kTypeFile = 0100000;

constexpr std::size_t kUnicodeNameAt = 5;  // behind a version and the CRC of the first name

// Deflate cannot shrink further than this.
constexpr std::uint64_t kLargestDeflateRatio = 1032;

// One entry of the directory: its fixed part and the three texts behind it.
struct Entry {
  std::string_view fixed;
  std::string_view name;
  std::string_view extra;
};

// Takes the entry at the front of `directory`.
Result<Entry> TakeEntry(std::string_view& directory) {
  if (directory.size() < kEntrySize || !directory.starts_with(kEntrySignature)) {
    return ZipDamaged("its directory holds fewer entries than its end record says");
  }
  const std::size_t name_length = Field16(directory, 28);
  const std::size_t extra_length = Field16(directory, 30);
  const std::size_t comment_length = Field16(directory, 32);
  if (directory.size() - kEntrySize < name_length + extra_length + comment_length) {
    return ZipDamaged("an entry overruns its directory");
  }
  const Entry entry{.fixed = directory.substr(0, kEntrySize),
                    .name = directory.substr(kEntrySize, name_length),
                    .extra = directory.substr(kEntrySize + name_length, extra_length)};
  directory.remove_prefix(kEntrySize + name_length + extra_length + comment_length);
  return entry;
}

// Replaces the saturated ones of `fields` by what the ZIP64 extra field says. It holds those and
// nothing else (APPNOTE §4.5.3), or, as several writers of wheels do, also the fields before them
// that fit into the header: these must say the same twice.
Status WidenFields(std::string_view extra, std::span<std::uint64_t* const> fields,
                   std::string_view name) {
  Result<std::optional<std::string_view>> found = FindExtraField(extra, kZip64Extra);
  if (!found) {
    return ZipMemberRefused(name, found.error().message);
  }
  std::string_view wide = found->value_or(std::string_view());
  const auto is_saturated = [](const std::uint64_t* field) { return *field == kSaturated32; };
  const auto saturated = static_cast<std::size_t>(std::ranges::count_if(fields, is_saturated));
  const bool repeats = wide.size() != 8 * saturated;
  for (std::uint64_t* field : fields) {
    if (!is_saturated(field) && (!repeats || wide.empty())) {
      continue;
    }
    if (wide.size() < 8) {
      return ZipMemberRefused(name, "its ZIP64 sizes are missing");
    }
    const std::uint64_t value = Field64(wide, 0);
    if (!is_saturated(field) && *field != value) {
      return ZipMemberRefused(name, "its ZIP64 field contradicts its header");
    }
    *field = value;
    wide.remove_prefix(8);
  }
  if (!wide.empty()) {
    return ZipMemberRefused(name, "its ZIP64 field holds more than sizes");
  }
  return Ok();
}

// A Unicode Path field gives a second name, which other readers may prefer; it must be the first.
Status CheckUnicodePath(std::string_view extra, std::string_view name) {
  Result<std::optional<std::string_view>> found = FindExtraField(extra, kUnicodePathExtra);
  if (!found) {
    return ZipMemberRefused(name, found.error().message);
  }
  if (found->has_value() &&
      ((*found)->size() < kUnicodeNameAt || (*found)->substr(kUnicodeNameAt) != name)) {
    return ZipMemberRefused(name, "it has a second name");
  }
  return Ok();
}

Status CheckName(const Entry& entry, std::uint16_t flags) {
  const bool ascii = std::all_of(entry.name.begin(), entry.name.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii && (flags & kZipUtf8) == 0) {
    return ZipMemberRefused(entry.name, "its name is in an unknown encoding");
  }
  return CheckUnicodePath(entry.extra, entry.name);
}

Result<ZipMethod> DecodeMethod(std::uint16_t method, std::string_view name) {
  switch (method) {
    case 0:
      return ZipMethod::kStored;
    case 8:
      return ZipMethod::kDeflate;
    case 93:
      return ZipMethod::kZstd;
    default:
      return ZipMemberRefused(name, "its compression method " + std::to_string(method) +
                                        " is not stored, deflate or zstd");
  }
}

// Permission bits and, from Unix, the file type that the external attributes tell.
Status DecodeAttributes(std::string_view fixed, std::string_view name, ZipMember& member) {
  const bool directory = member.type == ZipMemberType::kDirectory;
  const auto made_on = static_cast<std::uint8_t>(fixed[5]);
  const std::uint32_t unix_mode = Field32(fixed, 38) >> 16U;
  member.mode = directory ? 0755 : 0644;
  if ((made_on != kMadeOnUnix && made_on != kMadeOnDarwin) || unix_mode == 0) {
    return Ok();
  }
  const std::uint32_t type = unix_mode & kTypeMask;
  if (directory != (type == kTypeDirectory) && type != 0) {
    return ZipMemberRefused(name, "its name and its attributes disagree on what it is");
  }
  if (type == kTypeFile || type == kTypeDirectory || type == 0) {
    member.mode = unix_mode & 0777U;
  }
  return Ok();
}

Status CheckSizes(const ZipMember& member, std::string_view name) {
  if (member.type == ZipMemberType::kDirectory && member.size != 0) {
    return ZipMemberRefused(name, "it is a directory with content");
  }
  if (member.method == ZipMethod::kStored && member.size != member.compressed_size) {
    return ZipMemberRefused(name, "it is stored, but its two sizes differ");
  }
  if (member.method == ZipMethod::kDeflate &&
      member.size / kLargestDeflateRatio > member.compressed_size) {
    return ZipMemberRefused(name, "it is larger than its compressed bytes can hold");
  }
  return Ok();
}

Result<ZipMember> DecodeEntry(const Entry& entry) {
  const std::string_view fixed = entry.fixed;
  ZipMember member;
  FLOWSTONE_LET(member.name, GuardMemberPath(entry.name));
  member.type = entry.name.ends_with('/') ? ZipMemberType::kDirectory : ZipMemberType::kFile;
  member.flags = Field16(fixed, 8);
  member.crc32 = Field32(fixed, 16);
  member.compressed_size = Field32(fixed, 20);
  member.size = Field32(fixed, 24);
  member.header_offset = Field32(fixed, 42);
  if ((member.flags & kRefusedFlags) != 0) {
    return ZipMemberRefused(entry.name, "it is encrypted or a patch");
  }
  if (Field16(fixed, 34) != 0) {
    return ZipMemberRefused(entry.name, "it is in another part of the archive");
  }
  FLOWSTONE_LET(member.method, DecodeMethod(Field16(fixed, 10), entry.name));
  const std::array<std::uint64_t*, 3> widened{&member.size, &member.compressed_size,
                                              &member.header_offset};
  FLOWSTONE_TRY(WidenFields(entry.extra, widened, entry.name));
  FLOWSTONE_TRY(CheckName(entry, member.flags));
  FLOWSTONE_TRY(DecodeAttributes(fixed, entry.name, member));
  FLOWSTONE_TRY(CheckSizes(member, entry.name));
  return member;
}

// The name as it is written in headers.
std::string RawName(const ZipMember& member) {
  return member.type == ZipMemberType::kDirectory ? member.name + "/" : member.name;
}

// The sizes and the CRC of a local header. A member with a data descriptor may leave them zero.
Status CompareSizes(std::string_view header, std::string_view extra, const ZipMember& member) {
  const std::uint32_t crc32 = Field32(header, 14);
  std::uint64_t compressed_size = Field32(header, 18);
  std::uint64_t size = Field32(header, 22);
  const std::array<std::uint64_t*, 2> widened{&size, &compressed_size};
  FLOWSTONE_TRY(WidenFields(extra, widened, member.name));
  const bool deferred =
      (member.flags & kZipDescriptor) != 0 && crc32 == 0 && compressed_size == 0 && size == 0;
  if (!deferred &&
      (crc32 != member.crc32 || compressed_size != member.compressed_size || size != member.size)) {
    return ZipMemberRefused(member.name, "its two headers disagree on its size or checksum");
  }
  return Ok();
}

}  // namespace

Error ZipMemberRefused(std::string_view name, std::string_view why) {
  return Error{
      .code = ErrorCode::kCorrupt,
      .message = "archive member " + QuoteMemberName(name) + " is refused: " + std::string(why)};
}

Result<std::vector<ZipMember>> ParseZipDirectory(std::string_view directory,
                                                 const ZipEndRecord& end, const ZipLimits& limits,
                                                 std::uint64_t archive_size) {
  if (end.entry_count > limits.max_members) {
    return ZipDamaged("it has " + std::to_string(end.entry_count) + " members, more than the " +
                      std::to_string(limits.max_members) + " that are accepted");
  }
  if (end.entry_count > directory.size() / kEntrySize) {  // before memory is set aside for them
    return ZipDamaged("its directory holds fewer entries than its end record says");
  }
  std::vector<ZipMember> members;
  members.reserve(static_cast<std::size_t>(end.entry_count));
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < end.entry_count; ++i) {
    FLOWSTONE_LET(const Entry entry, TakeEntry(directory));
    FLOWSTONE_LET(ZipMember member, DecodeEntry(entry));
    if (member.size > limits.max_total_bytes - total) {
      return ZipDamaged("it inflates to more than the " + std::to_string(limits.max_total_bytes) +
                        " bytes that are accepted");
    }
    total += member.size;
    members.push_back(std::move(member));
  }
  if (!directory.empty()) {
    return ZipDamaged("its directory holds more than its end record says");
  }
  if (total > limits.ratio_free_bytes && total / limits.max_ratio > archive_size) {
    return ZipDamaged("it inflates to more than " + std::to_string(limits.max_ratio) +
                      " times its size");
  }
  return members;
}

std::uint64_t LocalHeaderSize(const ZipMember& member) {
  return kLocalSize + RawName(member).size();
}

Result<std::optional<std::uint64_t>> CheckLocalHeader(std::string_view bytes,
                                                      const ZipMember& member) {
  if (bytes.size() < kLocalSize) {
    return std::optional<std::uint64_t>();
  }
  if (!bytes.starts_with(kLocalSignature)) {
    return ZipMemberRefused(member.name, "there is no header where the directory says");
  }
  const std::size_t name_length = Field16(bytes, 26);
  const std::size_t extra_length = Field16(bytes, 28);
  if (bytes.size() < kLocalSize + name_length + extra_length) {
    return std::optional<std::uint64_t>();
  }
  const std::string_view name = bytes.substr(kLocalSize, name_length);
  const std::string_view extra = bytes.substr(kLocalSize + name_length, extra_length);
  if (name != RawName(member)) {
    return ZipMemberRefused(member.name, "its local header calls it " + QuoteMemberName(name));
  }
  if (Field16(bytes, 8) != static_cast<std::uint16_t>(member.method) ||
      ((Field16(bytes, 6) ^ member.flags) & kComparedFlags) != 0) {
    return ZipMemberRefused(member.name, "its two headers disagree on how it is written");
  }
  FLOWSTONE_TRY(CompareSizes(bytes, extra, member));
  FLOWSTONE_TRY(CheckUnicodePath(extra, name));
  return std::optional<std::uint64_t>(kLocalSize + name_length + extra_length);
}

bool IsDataDescriptor(std::string_view bytes, const ZipMember& member) {
  if (bytes.size() == 16 || bytes.size() == 24) {
    if (!bytes.starts_with(kDescriptorSignature)) {
      return false;
    }
    bytes.remove_prefix(kDescriptorSignature.size());
  }
  if (bytes.size() != 12 && bytes.size() != 20) {
    return false;
  }
  const std::size_t width = bytes.size() == 12 ? 4 : 8;
  return Field32(bytes, 0) == member.crc32 &&
         LittleEndian(bytes, 4, width) == member.compressed_size &&
         LittleEndian(bytes, 4 + width, width) == member.size;
}

}  // namespace flowstone::archive
