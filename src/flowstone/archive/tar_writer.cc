#include "flowstone/archive/tar_writer.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "flowstone/archive/path_guard.h"
#include "flowstone/archive/tar_format.h"

namespace flowstone::archive {
namespace {

constexpr std::uint64_t kLargestOctalSize = 077777777777;  // eleven digits: 8 GiB - 1
constexpr std::string_view kPaxName = "pax";  // of the extension; readers that know it ignore it

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void PutText(TarBlock& block, TarField field, std::string_view text) {
  text = text.substr(0, field.size);
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

// Octal digits with leading zeros and a final NUL.
void PutNumber(TarBlock& block, TarField field, std::uint64_t value) {
  for (std::size_t i = field.size - 1; i > 0; --i) {
    block[field.offset + i - 1] = static_cast<char>('0' + (value & 7U));
    value >>= 3U;
  }
}

// How a name fits into the header: whole, or split at a "/" into prefix and name.
struct SplitName {
  std::string_view prefix;
  std::string_view name;
};
std::optional<SplitName> SplitForHeader(std::string_view name) {
  if (!IsAscii(name)) {
    return std::nullopt;
  }
  if (name.size() <= kTarName.size) {
    return SplitName{.prefix = {}, .name = name};
  }
  // The latest "/" that leaves something behind it; a directory's name ends in one.
  const std::size_t slash = name.rfind('/', std::min(kTarPrefix.size, name.size() - 2));
  if (slash == std::string_view::npos || slash == 0 || name.size() - slash - 1 > kTarName.size) {
    return std::nullopt;
  }
  return SplitName{.prefix = name.substr(0, slash), .name = name.substr(slash + 1)};
}

// "<length> <key>=<value>\n", where the length counts its own digits.
std::string PaxRecord(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // " ", "=" and "\n"
  std::size_t length = rest + 1;
  while (rest + std::to_string(length).size() != length) {
    length = rest + std::to_string(length).size();
  }
  std::string record = std::to_string(length);
  record.append(" ").append(key).append("=").append(value).append("\n");
  return record;
}

}  // namespace

struct TarWriter::Entry {
  std::string name;
  char type = '0';
  std::uint32_t mode = 0644;
  std::uint64_t size = 0;
  std::string link_target = {};
};

TarWriter::TarWriter(ByteSink sink, std::int64_t mtime) : sink_(std::move(sink)), mtime_(mtime) {
  FLOWSTONE_CHECK(mtime >= 0);
}

Status TarWriter::WriteBlock(const Entry& entry, std::string_view name) {
  TarBlock block{};
  const SplitName split = SplitForHeader(name).value_or(SplitName{.prefix = {}, .name = name});
  PutText(block, kTarPrefix, split.prefix);
  PutText(block, kTarName, split.name);
  PutText(block, kTarLinkName, entry.link_target);
  PutText(block, kTarMagic, kUstarMagic);
  PutNumber(block, kTarMode, entry.mode);
  PutNumber(block, kTarUid, 0);
  PutNumber(block, kTarGid, 0);
  PutNumber(block, kTarSize, std::min(entry.size, kLargestOctalSize));
  PutNumber(block, kTarMtime, static_cast<std::uint64_t>(mtime_));
  block[kTarType.offset] = entry.type;
  // Six digits, NUL, space.
  PutNumber(block, {kTarChecksum.offset, kTarChecksum.size - 1}, TarChecksum(block));
  block[kTarChecksum.offset + kTarChecksum.size - 1] = ' ';
  return sink_(std::string_view(block.data(), block.size()));
}

Status TarWriter::WriteEntry(const Entry& entry) {
  FLOWSTONE_CHECK(file_left_ == 0);
  FLOWSTONE_TRY(GuardMemberPath(entry.name));
  std::string records;
  if (!SplitForHeader(entry.name)) {
    records += PaxRecord("path", entry.name);
  }
  if (entry.link_target.size() > kTarLinkName.size || !IsAscii(entry.link_target)) {
    records += PaxRecord("linkpath", entry.link_target);
  }
  if (entry.size > kLargestOctalSize) {
    records += PaxRecord("size", std::to_string(entry.size));
  }
  if (!records.empty()) {
    FLOWSTONE_TRY(WriteBlock({.name = {}, .type = 'x', .size = records.size()}, kPaxName));
    records.resize(records.size() + static_cast<std::size_t>(TarPadding(records.size())), '\0');
    FLOWSTONE_TRY(sink_(records));
  }
  return WriteBlock(entry, entry.name);
}

Status TarWriter::AddFile(const std::string& path, std::string_view bytes, TarFileMode mode) {
  FLOWSTONE_TRY(BeginFile(path, bytes.size(), mode));
  return Append(bytes);
}

Status TarWriter::BeginFile(const std::string& path, std::uint64_t size, TarFileMode mode) {
  const std::uint32_t bits = mode == TarFileMode::kExecutable ? 0755 : 0644;
  FLOWSTONE_TRY(WriteEntry({.name = path, .type = '0', .mode = bits, .size = size}));
  file_size_ = size;
  file_left_ = size;
  return Ok();
}

Status TarWriter::Append(std::string_view bytes) {
  if (bytes.size() > file_left_) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "a file of a tar archive is longer than the " +
                            std::to_string(file_size_) + " bytes that were announced"};
  }
  if (bytes.empty()) {
    return Ok();
  }
  FLOWSTONE_TRY(sink_(bytes));
  file_left_ -= bytes.size();
  if (file_left_ > 0) {
    return Ok();
  }
  return sink_(std::string(static_cast<std::size_t>(TarPadding(file_size_)), '\0'));
}

Status TarWriter::AddDirectory(const std::string& path) {
  return WriteEntry({.name = path + "/", .type = '5', .mode = 0755});
}

Status TarWriter::AddSymlink(const std::string& path, const std::string& target) {
  FLOWSTONE_TRY(GuardLinkTarget(path, target));
  return WriteEntry({.name = path, .type = '2', .mode = 0777, .link_target = target});
}

Status TarWriter::Finish() {
  if (file_left_ > 0) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "a file of a tar archive is " + std::to_string(file_left_) +
                            " bytes shorter than was announced"};
  }
  return sink_(std::string(2 * kTarBlock, '\0'));
}

}  // namespace flowstone::archive
