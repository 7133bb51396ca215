// The end of a ZIP file: where readers start, and where attackers make them disagree.
#include <algorithm>
#include <cstddef>
#include <utility>

#include "flowstone/archive/zip_fields.h"
#include "flowstone/archive/zip_format.h"

namespace flowstone::archive {
namespace {

constexpr std::string_view kEndSignature("PK\5\6", 4);
constexpr std::string_view kZip64EndSignature("PK\6\6", 4);
constexpr std::string_view kZip64LocatorSignature("PK\6\7", 4);
constexpr std::size_t kEndSize = 22;
constexpr std::size_t kZip64EndSize = 56;
constexpr std::size_t kZip64LocatorSize = 20;
constexpr std::size_t kLongestComment = 0xFFFF;
constexpr std::size_t kLongestTail = kEndSize + kLongestComment + kZip64LocatorSize + kZip64EndSize;

std::size_t CommentLength(std::string_view tail, std::size_t at) {
  return Field16(tail, at + 20);
}

// Where the end record starts. There must be one interpretation only: another signature whose
// comment would swallow the last one makes two.
Result<std::size_t> FindEnd(std::string_view tail) {
  std::size_t at = tail.rfind(kEndSignature);
  // A signature too near to the end for a whole record is part of a comment.
  while (at != std::string_view::npos && tail.size() - at < kEndSize) {
    at = at == 0 ? std::string_view::npos : tail.rfind(kEndSignature, at - 1);
  }
  if (at == std::string_view::npos) {
    return ZipDamaged("there is no end record, so it is no ZIP file or was cut off");
  }
  const std::size_t end = at + kEndSize + CommentLength(tail, at);
  if (end > tail.size()) {
    return ZipDamaged("it is cut off in its comment");
  }
  if (tail.find_first_not_of('\0', end) != std::string_view::npos) {
    return ZipDamaged("there are bytes behind its end");
  }
  for (std::size_t other = tail.find(kEndSignature); other < at;
       other = tail.find(kEndSignature, other + 1)) {
    const std::size_t other_end = other + kEndSize + CommentLength(tail, other);
    if (other_end > at && other_end <= tail.size()) {
      return ZipDamaged("it has two end records");
    }
  }
  return at;
}

Status CheckComment(std::string_view comment) {
  const bool binary =
      std::any_of(comment.begin(), comment.end(), [](char c) { return c >= '\1' && c <= '\10'; });
  if (binary) {
    return ZipDamaged("its comment looks like another archive");
  }
  return Ok();
}

// The record of 64 bits that the locator before `end_at` leads to, checked against the one of 32.
Result<ZipEndRecord> ReadZip64End(std::string_view tail, std::uint64_t tail_offset,
                                  std::size_t end_at) {
  const std::size_t locator_at = end_at - kZip64LocatorSize;
  if (locator_at < kZip64EndSize) {
    return ZipDamaged("its ZIP64 end record is cut off");
  }
  const std::size_t record_at = locator_at - kZip64EndSize;
  const std::string_view record = tail.substr(record_at, kZip64EndSize);
  if (!record.starts_with(kZip64EndSignature) ||
      Field64(tail, locator_at + 8) != tail_offset + record_at ||
      Field64(record, 4) != kZip64EndSize - 12) {
    return ZipDamaged("its ZIP64 end record is not where and what it should be");
  }
  if (Field32(tail, locator_at + 4) != 0 || Field32(tail, locator_at + 16) > 1 ||
      Field32(record, 16) != 0 || Field32(record, 20) != 0) {
    return ZipDamaged("it is one part of several");
  }
  const ZipEndRecord end{.entry_count = Field64(record, 32),
                         .directory_offset = Field64(record, 48),
                         .directory_size = Field64(record, 40)};
  const std::string_view small = tail.substr(end_at, kEndSize);
  const auto agrees = [&](std::uint64_t wide, std::uint64_t narrow, std::uint64_t saturated) {
    return narrow == saturated || narrow == wide;
  };
  if (Field64(record, 24) != end.entry_count ||
      !agrees(end.entry_count, Field16(small, 10), kSaturated16) ||
      !agrees(end.directory_size, Field32(small, 12), kSaturated32) ||
      !agrees(end.directory_offset, Field32(small, 16), kSaturated32)) {
    return ZipDamaged("its two end records contradict each other");
  }
  return end;
}

}  // namespace

Error ZipDamaged(std::string what) {
  return Error{.code = ErrorCode::kCorrupt, .message = "not a sound ZIP file: " + std::move(what)};
}

Result<ZipBytes> ZipBytes::Read(ByteSource& source, std::uint64_t offset, std::uint64_t length) {
  ZipBytes bytes;
  if (const std::optional<std::string_view> contents = source.Contents()) {
    if (offset > contents->size() || length > contents->size() - offset) {
      return ZipDamaged("it is cut off");
    }
    bytes.borrowed_ =
        contents->substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
    return bytes;
  }
  FLOWSTONE_LET(bytes.owned_, source.ReadAt(offset, static_cast<std::size_t>(length)));
  if (bytes.owned_.size() != length) {
    return ZipDamaged("it is cut off");
  }
  return bytes;
}

Result<ZipTail> ReadZipTail(ByteSource& source) {
  FLOWSTONE_LET(const std::uint64_t size, source.Size());
  const std::uint64_t length = std::min<std::uint64_t>(size, kLongestTail);
  ZipTail tail;
  tail.offset = size - length;
  FLOWSTONE_LET(tail.bytes, ZipBytes::Read(source, tail.offset, length));
  const std::string_view bytes = tail.bytes.view();
  FLOWSTONE_LET(const std::size_t at, FindEnd(bytes));
  FLOWSTONE_TRY(CheckComment(bytes.substr(at + kEndSize, CommentLength(bytes, at))));

  const std::string_view record = bytes.substr(at, kEndSize);
  std::uint64_t end_offset = tail.offset + at;  // where the directory must end
  if (at >= kZip64LocatorSize &&
      bytes.substr(at - kZip64LocatorSize).starts_with(kZip64LocatorSignature)) {
    FLOWSTONE_LET(tail.end, ReadZip64End(bytes, tail.offset, at));
    end_offset -= kZip64LocatorSize + kZip64EndSize;
  } else {
    tail.end = {.entry_count = Field16(record, 10),
                .directory_offset = Field32(record, 16),
                .directory_size = Field32(record, 12)};
  }
  if (Field16(record, 4) != 0 || Field16(record, 6) != 0 ||
      Field16(record, 8) != Field16(record, 10)) {
    return ZipDamaged("it is one part of several");
  }
  if (tail.end.directory_offset > end_offset ||
      tail.end.directory_size != end_offset - tail.end.directory_offset) {
    return ZipDamaged("its directory does not lie directly before its end");
  }
  return tail;
}

}  // namespace flowstone::archive
