#include "flowstone/archive/tar_reader.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "flowstone/archive/path_guard.h"
#include "flowstone/archive/tar_format.h"
#include "flowstone/base/text.h"

namespace flowstone::archive {
namespace {

constexpr std::uint64_t kLongestExtension = std::uint64_t{1} << 20U;  // pax records, long names
constexpr std::size_t kPiece = std::size_t{1} << 18U;
constexpr std::uint64_t kMostHeadersPerMember = 4;  // its own, pax, GNU long name, GNU long link
constexpr std::uint32_t kOwnerExecutes = 0100;

Error DamagedTar(std::string what) {
  return Error{.code = ErrorCode::kCorrupt, .message = "not a sound tar file: " + std::move(what)};
}

Error Refused(std::string_view name, std::string_view why) {
  return Error{
      .code = ErrorCode::kCorrupt,
      .message = "archive member " + QuoteMemberName(name) + " is refused: " + std::string(why)};
}

// Fills `buffer` unless the stream ends; returns how much came.
Result<std::size_t> ReadFully(ByteStream& stream, std::span<char> buffer) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    FLOWSTONE_LET(const std::size_t count, stream.Read(buffer.subspan(filled)));
    if (count == 0) {
      break;
    }
    filled += count;
  }
  return filled;
}

std::string_view Field(const TarBlock& block, TarField field) {
  return {block.data() + field.offset, field.size};
}

// Up to the first NUL.
std::string_view TextField(const TarBlock& block, TarField field) {
  const std::string_view text = Field(block, field);
  return text.substr(0, text.find('\0'));
}

template <class Number>
std::optional<Number> ParseNumber(std::string_view text, int base) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

// Octal digits, or the GNU form for what they cannot hold: a lead byte with its top bit set, then a
// big-endian number. A negative one (lead byte 0xFF) is for times before 1970 only.
std::optional<std::int64_t> NumberField(const TarBlock& block, TarField field) {
  const std::string_view bytes = Field(block, field);
  const auto lead = static_cast<unsigned char>(bytes.front());
  if (lead == 0x80 || lead == 0xFF) {
    std::uint64_t value = lead == 0xFF ? UINT64_MAX : 0;
    for (const char c : bytes.substr(1)) {
      const std::uint64_t fill = lead == 0xFF ? 0xFF : 0;
      if (value >> 56U != fill) {
        return std::nullopt;  // more than 64 bits
      }
      value = value << 8U | static_cast<unsigned char>(c);
    }
    const auto number = static_cast<std::int64_t>(value);
    return (number < 0) == (lead == 0xFF) ? std::optional(number) : std::nullopt;
  }
  const std::string_view digits = TrimText(bytes.substr(0, bytes.find('\0')));
  return digits.empty() ? std::optional<std::int64_t>(0) : ParseNumber<std::int64_t>(digits, 8);
}

// Without "." and empty components, which change nothing. What is left of "./" is empty.
std::string DropDots(std::string_view name) {
  std::string path = name.starts_with('/') ? "/" : "";
  for (const std::string_view component : SplitText(name, '/')) {
    if (component.empty() || component == ".") {
      continue;
    }
    if (!path.empty() && !path.ends_with('/')) {
      path += '/';
    }
    path += component;
  }
  return path;
}

// Calls `use` with the key and value of each record "<length> <key>=<value>\n" (POSIX.1-2001 pax).
template <class Use>
Status ForEachPaxRecord(std::string_view records, Use use) {
  while (!records.empty()) {
    const std::size_t space = records.find(' ');
    const std::optional<std::uint64_t> length =
        space == std::string_view::npos ? std::nullopt
                                        : ParseNumber<std::uint64_t>(records.substr(0, space), 10);
    if (!length || *length <= space + 1 || *length > records.size() ||
        records[static_cast<std::size_t>(*length) - 1] != '\n') {
      return DamagedTar("a pax record does not have the length that it says");
    }
    const std::string_view record =
        records.substr(space + 1, static_cast<std::size_t>(*length) - space - 2);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos) {
      return DamagedTar("a pax record has no '='");
    }
    FLOWSTONE_TRY(use(record.substr(0, equals), record.substr(equals + 1)));
    records.remove_prefix(static_cast<std::size_t>(*length));
  }
  return Ok();
}

}  // namespace

struct TarReader::Header {
  std::string name;
  std::string link_name;
  char type = '0';
  std::uint64_t size = 0;
  std::uint32_t mode = 0;
  std::int64_t mtime = 0;
};

TarReader::TarReader(ByteStream& stream, const TarLimits& limits)
    : stream_(stream), limits_(limits) {}

Result<std::optional<TarReader::Header>> TarReader::ReadHeader() {
  TarBlock block{};
  FLOWSTONE_LET(const std::size_t count, ReadFully(stream_, block));
  if (count == 0) {
    // Some writers leave the end mark out; python's tarfile accepts that too.
    if (header_count_ == 0) {
      return DamagedTar("it is empty");
    }
    return std::optional<Header>();
  }
  if (count < block.size()) {
    return DamagedTar("it is cut off in a header");
  }
  if (std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; })) {
    return std::optional<Header>();
  }
  if (++header_count_ > limits_.max_members * kMostHeadersPerMember) {
    return DamagedTar("it has more members than the " + std::to_string(limits_.max_members) +
                      " that are accepted");
  }
  const std::optional<std::int64_t> checksum = NumberField(block, kTarChecksum);
  const std::optional<std::int64_t> size = NumberField(block, kTarSize);
  const std::optional<std::int64_t> mode = NumberField(block, kTarMode);
  const std::optional<std::int64_t> mtime = NumberField(block, kTarMtime);
  if (!checksum || static_cast<std::uint64_t>(*checksum) != TarChecksum(block)) {
    return DamagedTar("a header does not match its checksum");
  }
  if (!size || *size < 0 || !mode || !mtime) {
    return DamagedTar("a header has a number that is none");
  }
  Header header{.name = std::string(TextField(block, kTarName)),
                .link_name = std::string(TextField(block, kTarLinkName)),
                .type = block[kTarType.offset],
                .size = static_cast<std::uint64_t>(*size),
                .mode = static_cast<std::uint32_t>(*mode & 07777),
                .mtime = *mtime};
  const std::string_view prefix = TextField(block, kTarPrefix);
  // GNU's own format has other things in place of the prefix, and a magic of its own.
  if (Field(block, kTarMagic) == kUstarMagic && !prefix.empty()) {
    header.name = std::string(prefix) + "/" + header.name;
  }
  data_left_ = header.size;
  padding_left_ = TarPadding(header.size);
  return std::optional<Header>(std::move(header));
}

Result<std::string> TarReader::ReadExtension(const Header& header) {
  if (header.size > kLongestExtension) {
    return DamagedTar("an extended header is longer than 1 MiB");
  }
  std::string text;
  FLOWSTONE_TRY(ReadPieces(AppendTo(text)));
  return text;
}

Status TarReader::ApplyExtension(const Header& header, Overrides& next) {
  FLOWSTONE_LET(std::string text, ReadExtension(header));
  if (header.type == 'L' || header.type == 'K') {
    text.resize(std::min(text.size(), text.find('\0')));
    (header.type == 'L' ? next.path : next.link_target) = std::move(text);
    return Ok();
  }
  Overrides& target = header.type == 'g' ? global_ : next;
  return ForEachPaxRecord(text, [&](std::string_view key, std::string_view value) -> Status {
    if (key == "path") {
      target.path = std::string(value);
    } else if (key == "linkpath") {
      target.link_target = std::string(value);
    } else if (key == "size") {
      target.size = ParseNumber<std::uint64_t>(value, 10);
      if (!target.size) {
        return DamagedTar("a pax record has a size that is no number");
      }
    } else if (key.starts_with("GNU.sparse.")) {
      return DamagedTar("it has sparse files, which are not supported");
    }
    return Ok();
  });
}

Result<TarMember> TarReader::MakeMember(const Header& header, const Overrides& next) {
  const std::string name = next.path.value_or(global_.path.value_or(header.name));
  const std::string link =
      next.link_target.value_or(global_.link_target.value_or(header.link_name));
  TarMember member;
  member.mtime = header.mtime;
  switch (header.type) {
    case '0':
    case '\0':
    case '7':  // contiguous, which no system of today tells from a file
      // Before ustar, a name that ends in "/" was a directory.
      member.type = name.ends_with('/') ? TarMemberType::kDirectory : TarMemberType::kFile;
      break;
    case '1':
      member.type = TarMemberType::kHardLink;
      break;
    case '2':
      member.type = TarMemberType::kSymlink;
      break;
    case '5':
      member.type = TarMemberType::kDirectory;
      break;
    default:
      return Refused(name, "it is neither a file, a directory nor a link");
  }
  member.path = DropDots(name);
  if (!member.path.empty()) {  // else the root itself, which Next leaves out
    FLOWSTONE_LET(member.path, GuardMemberPath(member.path));
  } else if (member.type != TarMemberType::kDirectory) {
    return Refused(name, "it has no name");
  }
  if (member.type == TarMemberType::kFile) {
    member.size = header.size;
    member.mode = (header.mode & kOwnerExecutes) != 0 ? 0755 : 0644;
  } else if (member.type == TarMemberType::kDirectory) {
    member.mode = 0755;
  } else {
    member.mode = 0777;
    member.link_target = link;
  }
  if (member.type == TarMemberType::kHardLink) {
    FLOWSTONE_LET(member.link_target, GuardMemberPath(DropDots(link)));
  } else if (member.type == TarMemberType::kSymlink) {
    FLOWSTONE_TRY(GuardLinkTarget(member.path, link));
  }
  return member;
}

// Checks a member against those before it.
Status TarReader::Admit(const TarMember& member) {
  const std::string_view path = member.path;
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const auto parent = seen_.find(std::string(path.substr(0, slash)));
    if (parent != seen_.end() && parent->second != TarMemberType::kDirectory) {
      return Refused(path, "it is below another member that is no directory");
    }
  }
  if (member.type == TarMemberType::kHardLink) {
    const auto target = seen_.find(member.link_target);
    if (target == seen_.end() ||
        (target->second != TarMemberType::kFile && target->second != TarMemberType::kHardLink)) {
      return Refused(path, "it links to " + QuoteMemberName(member.link_target) +
                               ", which is no file before it");
    }
  }
  const auto [entry, is_new] = seen_.emplace(member.path, member.type);
  if (!is_new &&
      (entry->second != TarMemberType::kDirectory || member.type != TarMemberType::kDirectory)) {
    return Refused(path, "it is there twice");
  }
  if (seen_.size() > limits_.max_members) {
    return DamagedTar("it has more members than the " + std::to_string(limits_.max_members) +
                      " that are accepted");
  }
  if (member.size > limits_.max_total_bytes - total_bytes_) {
    return DamagedTar("it holds more than the " + std::to_string(limits_.max_total_bytes) +
                      " bytes that are accepted");
  }
  total_bytes_ += member.size;
  return Ok();
}

Result<std::optional<TarMember>> TarReader::Next() {
  Overrides next;
  while (true) {
    FLOWSTONE_TRY(SkipData());
    FLOWSTONE_LET(std::optional<Header> header, ReadHeader());
    if (!header) {
      return std::optional<TarMember>();
    }
    if (header->type == 'x' || header->type == 'g' || header->type == 'L' || header->type == 'K') {
      FLOWSTONE_TRY(ApplyExtension(*header, next));
      continue;
    }
    const bool has_data = header->type == '0' || header->type == '\0' || header->type == '7';
    header->size = has_data ? next.size.value_or(global_.size.value_or(header->size)) : 0;
    data_left_ = header->size;
    padding_left_ = TarPadding(header->size);
    FLOWSTONE_LET(TarMember member, MakeMember(*header, next));
    next = {};
    if (member.path.empty()) {
      continue;
    }
    FLOWSTONE_TRY(Admit(member));
    if (member.type != TarMemberType::kFile && data_left_ != 0) {
      return Refused(member.path, "it is a directory with content");
    }
    return std::optional<TarMember>(std::move(member));
  }
}

Status TarReader::ReadPieces(const ByteSink& sink) {
  std::vector<char> buffer(
      static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, data_left_ + padding_left_)));
  while (data_left_ + padding_left_ > 0) {
    const auto wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>(buffer.size(), data_left_ + padding_left_));
    FLOWSTONE_LET(const std::size_t count, ReadFully(stream_, std::span(buffer.data(), wanted)));
    if (count < wanted) {
      return DamagedTar("it is cut off in the data of a member");
    }
    const auto data = static_cast<std::size_t>(std::min<std::uint64_t>(count, data_left_));
    data_left_ -= data;
    padding_left_ -= count - data;
    if (data > 0) {
      FLOWSTONE_TRY(sink(std::string_view(buffer.data(), data)));
    }
  }
  return Ok();
}

Result<std::string> TarReader::ReadData() {
  std::string bytes;
  // A lie about the size costs no more memory than the bytes that are there.
  bytes.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(data_left_, kPiece)));
  FLOWSTONE_TRY(ReadPieces(AppendTo(bytes)));
  return bytes;
}

Status TarReader::SkipData() {
  return ReadPieces([](std::string_view) { return Ok(); });
}

}  // namespace flowstone::archive
