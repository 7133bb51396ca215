#include "flowstone/archive/zip_reader.h"

#include <libdeflate.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "flowstone/archive/inflater.h"
#include "flowstone/archive/zip_fields.h"
#include "flowstone/archive/zip_format.h"

namespace flowstone::archive {
namespace {

// Room for the extra fields of a local header, so that header and data usually come in one read.
// Writers put a ZIP64 field (20 bytes) or times (9 to 32) there.
constexpr std::uint64_t kLikelyExtra = 64;
constexpr std::uint64_t kLongestExtra = 0xFFFF;
// Small enough to lie in a processor's cache while several look at it.
constexpr std::size_t kZipPiece = std::size_t{256} << 10U;
constexpr std::uint64_t kHeaderWindow = std::uint64_t{64} << 10U;
constexpr std::uint64_t kLongestDescriptor = 24;

struct FreeInflater {
  void operator()(libdeflate_decompressor* decompressor) const {
    libdeflate_free_decompressor(decompressor);
  }
};

std::uint32_t Crc32(std::uint32_t crc32, std::string_view bytes) {
  return libdeflate_crc32(crc32, bytes.data(), bytes.size());
}

Error Broken(const ZipMember& member) {
  return ZipMemberRefused(member.name, "its compressed bytes are damaged");
}

Status Inflate(const ZipMember& member, std::string_view compressed, std::span<char> destination) {
  const std::unique_ptr<libdeflate_decompressor, FreeInflater> decompressor(
      libdeflate_alloc_decompressor());
  FLOWSTONE_CHECK(decompressor != nullptr);
  std::size_t consumed = 0;
  std::size_t produced = 0;
  const libdeflate_result result = libdeflate_deflate_decompress_ex(
      decompressor.get(), compressed.data(), compressed.size(), destination.data(),
      destination.size(), &consumed, &produced);
  if (result != LIBDEFLATE_SUCCESS || consumed != compressed.size() ||
      produced != destination.size()) {
    return Broken(member);
  }
  return Ok();
}

// Readers differ on what is behind the first frame, and on frames that are to be skipped.
Status CheckOneFrame(const ZipMember& member, std::string_view compressed) {
  const bool is_skipped = compressed.size() >= 4 &&
                          (LittleEndian(compressed, 0, 4) & ~0xFULL) == ZSTD_MAGIC_SKIPPABLE_START;
  const std::size_t size = ZSTD_findFrameCompressedSize(compressed.data(), compressed.size());
  if (ZSTD_isError(size) != 0) {
    return Broken(member);
  }
  if (is_skipped || size != compressed.size()) {
    return ZipMemberRefused(member.name, "it is not one zstd frame");
  }
  return Ok();
}

Status Decompress(const ZipMember& member, std::string_view compressed,
                  std::span<char> destination) {
  switch (member.method) {
    case ZipMethod::kStored:
      std::copy(compressed.begin(), compressed.end(), destination.begin());
      return Ok();
    case ZipMethod::kDeflate:
      return Inflate(member, compressed, destination);
    case ZipMethod::kZstd: {
      FLOWSTONE_TRY(CheckOneFrame(member, compressed));
      const std::size_t size = ZSTD_decompress(destination.data(), destination.size(),
                                               compressed.data(), compressed.size());
      if (ZSTD_isError(size) != 0 || size != destination.size()) {
        return Broken(member);
      }
      return Ok();
    }
  }
  return Broken(member);
}

Status CheckCrc(const ZipMember& member, std::uint32_t crc32) {
  if (crc32 != member.crc32) {
    return ZipMemberRefused(member.name, "its checksum does not match");
  }
  return Ok();
}

// A part of a source as a stream.
class RangeStream final : public ByteStream {
 public:
  RangeStream(ByteSource& source, std::uint64_t begin, std::uint64_t end)
      : source_(source), at_(begin), end_(end) {}

  Result<std::size_t> Read(std::span<char> buffer) override {
    const std::uint64_t length = std::min<std::uint64_t>(buffer.size(), end_ - at_);
    if (length == 0) {
      return std::size_t{0};
    }
    FLOWSTONE_LET(const ZipBytes piece, ZipBytes::Read(source_, at_, length));
    std::copy(piece.view().begin(), piece.view().end(), buffer.begin());
    at_ += length;
    return static_cast<std::size_t>(length);
  }

 private:
  ByteSource& source_;
  std::uint64_t at_;
  std::uint64_t end_;
};

// A source that is read from front to back, a little here and there, in fewer and larger reads.
class WindowSource final : public ByteSource {
 public:
  explicit WindowSource(ByteSource& source) : source_(source) {}

  Result<std::uint64_t> Size() override { return source_.Size(); }

  Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) override {
    const bool is_inside = offset >= begin_ && offset - begin_ <= window_.size() &&
                           length <= window_.size() - (offset - begin_);
    if (!is_inside) {
      const std::uint64_t wanted = std::max<std::uint64_t>(length, kHeaderWindow);
      FLOWSTONE_LET(window_, source_.ReadAt(offset, static_cast<std::size_t>(wanted)));
      begin_ = offset;
    }
    return window_.substr(static_cast<std::size_t>(offset - begin_), length);
  }

  std::optional<std::string_view> Contents() const override { return source_.Contents(); }

 private:
  ByteSource& source_;
  std::uint64_t begin_ = 0;
  std::string window_;
};

// Passes on the pieces of a member, and judges the whole.
class PieceCheck {
 public:
  PieceCheck(const ZipMember& member, const ByteSink& sink) : member_(member), sink_(sink) {}

  Status Pass(std::string_view piece) {
    size_ += piece.size();
    if (size_ > member_.size) {
      return Broken(member_);
    }
    crc32_ = Crc32(crc32_, piece);
    return sink_(piece);
  }

  Status Finish() const {
    return size_ == member_.size ? CheckCrc(member_, crc32_) : Status(Broken(member_));
  }

 private:
  const ZipMember& member_;
  const ByteSink& sink_;
  std::uint64_t size_ = 0;
  std::uint32_t crc32_ = 0;
};

Status PassStored(ByteStream& stream, PieceCheck& check) {
  std::vector<char> buffer(kZipPiece);
  while (true) {
    FLOWSTONE_LET(const std::size_t count, stream.Read(buffer));
    if (count == 0) {
      return check.Finish();
    }
    FLOWSTONE_TRY(check.Pass({buffer.data(), count}));
  }
}

Status PassInflated(ByteStream& stream, const ZipMember& member, PieceCheck& check) {
  Inflater inflater(stream);
  std::vector<char> buffer(Inflater::kWindow + kZipPiece);
  std::size_t known = 0;
  while (true) {
    const Result<std::size_t> count = inflater.Read(buffer, known);
    if (!count) {
      return count.error().code == ErrorCode::kCorrupt ? Broken(member) : count.error();
    }
    if (*count == 0) {
      return check.Finish();
    }
    FLOWSTONE_TRY(check.Pass({buffer.data() + known, *count}));
    const std::size_t kept = std::min(known + *count, Inflater::kWindow);
    std::memmove(buffer.data(), buffer.data() + known + *count - kept, kept);
    known = kept;
  }
}

// The header of a member, and as much of what follows as one read was allowed to bring.
struct Located {
  ZipBytes bytes;
  std::uint64_t header_size = 0;
};

// Reads the header of `member` and up to `data_wanted` bytes behind it, and compares it. `limit` is
// where the members end.
Result<Located> Locate(ByteSource& source, const ZipMember& member, std::uint64_t data_wanted,
                       std::uint64_t limit) {
  std::uint64_t extra = kLikelyExtra;
  while (true) {
    const std::uint64_t room = limit - std::min(limit, member.header_offset);
    const std::uint64_t wanted = LocalHeaderSize(member) + extra + data_wanted;
    Located located;
    FLOWSTONE_LET(located.bytes,
                  ZipBytes::Read(source, member.header_offset, std::min(room, wanted)));
    FLOWSTONE_LET(const std::optional<std::uint64_t> size,
                  CheckLocalHeader(located.bytes.view(), member));
    if (size) {
      located.header_size = *size;
      return located;
    }
    if (extra == kLongestExtra || room <= wanted) {
      return ZipMemberRefused(member.name, "its local header is cut off");
    }
    extra = kLongestExtra;
  }
}

std::vector<std::uint32_t> SortedBy(const std::vector<ZipMember>& members, auto key) {
  std::vector<std::uint32_t> order(members.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return key(members[a]) < key(members[b]); });
  return order;
}

// Checks that a member, whose header and data start at `header_offset`, ends where the next begins.
Status CheckExtent(ByteSource& source, const ZipMember& member, std::uint64_t next) {
  FLOWSTONE_LET(const Located located, Locate(source, member, 0, next));
  const std::uint64_t data = member.header_offset + located.header_size;
  if (data > next || member.compressed_size > next - data) {
    return ZipMemberRefused(member.name, "it overlaps what is behind it");
  }
  const std::uint64_t gap = next - data - member.compressed_size;
  if ((member.flags & kZipDescriptor) == 0) {
    return gap == 0 ? Ok() : Status(ZipMemberRefused(member.name, "there are bytes behind it"));
  }
  if (gap <= kLongestDescriptor) {
    FLOWSTONE_LET(const ZipBytes descriptor, ZipBytes::Read(source, next - gap, gap));
    if (IsDataDescriptor(descriptor.view(), member)) {
      return Ok();
    }
  }
  return ZipMemberRefused(member.name, "what is behind it is no descriptor of it");
}

// Checks that the members lie side by side from the start of the file to the directory.
Status CheckLayout(ByteSource& source, const std::vector<ZipMember>& members,
                   std::uint64_t directory_offset, ZipChecks checks) {
  WindowSource headers(source);
  const std::vector<std::uint32_t> order =
      SortedBy(members, [](const ZipMember& member) { return member.header_offset; });
  if (order.empty() ? directory_offset != 0 : members[order.front()].header_offset != 0) {
    return ZipDamaged("there are bytes before its first member");
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const ZipMember& member = members[order[i]];
    const std::uint64_t next =
        i + 1 < order.size() ? members[order[i + 1]].header_offset : directory_offset;
    if (next < member.header_offset || next > directory_offset) {
      return ZipMemberRefused(member.name, "it lies behind the members");
    }
    if (checks == ZipChecks::kAllHeaders) {
      FLOWSTONE_TRY(CheckExtent(headers, member, next));
    } else {
      const std::uint64_t room = next - member.header_offset;
      const std::uint64_t least = LocalHeaderSize(member);
      if (room < least || member.compressed_size > room - least) {
        return ZipMemberRefused(member.name, "it overlaps what is behind it");
      }
    }
  }
  return Ok();
}

// Checks that no member is a file where another has a directory.
Status CheckTree(const std::vector<ZipMember>& members) {
  std::unordered_set<std::string_view> files;
  for (const ZipMember& member : members) {
    if (member.type == ZipMemberType::kFile) {
      files.insert(member.name);
    }
  }
  for (const ZipMember& member : members) {
    const std::string_view name = member.name;
    for (std::size_t slash = name.find('/'); slash != std::string_view::npos;
         slash = name.find('/', slash + 1)) {
      if (files.contains(name.substr(0, slash))) {
        return ZipMemberRefused(name, "it is below another member that is a file");
      }
    }
  }
  return Ok();
}

}  // namespace

ZipReader::ZipReader(ByteSource& source, std::vector<ZipMember> members,
                     std::uint64_t directory_offset)
    : source_(&source), members_(std::move(members)), directory_offset_(directory_offset) {}

Result<ZipReader> ZipReader::Open(ByteSource& source, const ZipLimits& limits, ZipChecks checks) {
  FLOWSTONE_LET(const ZipTail tail, ReadZipTail(source));
  const ZipEndRecord& end = tail.end;
  std::string_view directory;
  ZipBytes storage;
  if (end.directory_offset >= tail.offset) {
    directory =
        tail.bytes.view().substr(static_cast<std::size_t>(end.directory_offset - tail.offset),
                                 static_cast<std::size_t>(end.directory_size));
  } else {
    FLOWSTONE_LET(storage, ZipBytes::Read(source, end.directory_offset, end.directory_size));
    directory = storage.view();
  }
  const std::uint64_t archive_size = tail.offset + tail.bytes.view().size();
  FLOWSTONE_LET(std::vector<ZipMember> members,
                ParseZipDirectory(directory, end, limits, archive_size));
  FLOWSTONE_TRY(CheckTree(members));
  FLOWSTONE_TRY(CheckLayout(source, members, end.directory_offset, checks));
  ZipReader reader(source, std::move(members), end.directory_offset);
  FLOWSTONE_TRY(reader.IndexNames(checks));
  return reader;
}

Status ZipReader::IndexNames(ZipChecks checks) {
  const auto name_of = [](const ZipMember& member) -> std::string_view { return member.name; };
  by_name_ = SortedBy(members_, name_of);
  const bool has_twins = std::ranges::adjacent_find(by_name_, {}, [&](std::uint32_t index) {
                           return name_of(members_[index]);
                         }) != by_name_.end();
  if (has_twins) {
    FLOWSTONE_TRY(MergeTwins(checks));
    by_name_ = SortedBy(members_, name_of);
  }
  return Ok();
}

Status ZipReader::MergeTwins(ZipChecks checks) {
  std::vector<ZipMember> merged;
  std::unordered_map<std::string, std::size_t> index_of;
  for (ZipMember& member : members_) {
    const auto [place, is_new] = index_of.try_emplace(member.name, merged.size());
    if (is_new) {
      merged.push_back(std::move(member));
    } else {
      FLOWSTONE_TRY(CheckTwin(merged[place->second], member, checks));
    }
  }
  members_ = std::move(merged);
  return Ok();
}

Status ZipReader::CheckTwin(const ZipMember& first, const ZipMember& second,
                            ZipChecks checks) const {
  const Error refused = ZipMemberRefused(first.name, "it is there twice, differently");
  if (first.type != second.type || first.size != second.size || first.crc32 != second.crc32 ||
      first.mode != second.mode) {
    return refused;
  }
  if (checks == ZipChecks::kNamedMembers || first.type == ZipMemberType::kDirectory) {
    return Ok();
  }
  FLOWSTONE_LET(const std::string one, Read(first));
  FLOWSTONE_LET(const std::string other, Read(second));
  return one == other ? Ok() : Status(refused);
}

const ZipMember* ZipReader::Find(std::string_view name) const {
  const auto found = std::lower_bound(
      by_name_.begin(), by_name_.end(), name,
      [&](std::uint32_t index, std::string_view wanted) { return members_[index].name < wanted; });
  if (found == by_name_.end() || members_[*found].name != name) {
    return nullptr;
  }
  return &members_[*found];
}

Status ZipReader::WithCompressed(const ZipMember& member, const ByteSink& use) const {
  FLOWSTONE_LET(const Located located,
                Locate(*source_, member, member.compressed_size, directory_offset_));
  const std::string_view bytes = located.bytes.view();
  const std::uint64_t available = bytes.size() - located.header_size;
  if (available >= member.compressed_size) {
    return use(bytes.substr(static_cast<std::size_t>(located.header_size),
                            static_cast<std::size_t>(member.compressed_size)));
  }
  // Long extra fields pushed the end of the data out of the first read.
  FLOWSTONE_LET(
      const ZipBytes data,
      ZipBytes::Read(*source_, member.header_offset + located.header_size, member.compressed_size));
  return use(data.view());
}

Status ZipReader::ReadInto(const ZipMember& member, std::span<char> destination) const {
  FLOWSTONE_CHECK(destination.size() == member.size);
  return WithCompressed(member, [&](std::string_view compressed) -> Status {
    FLOWSTONE_TRY(Decompress(member, compressed, destination));
    return CheckCrc(member, Crc32(0, {destination.data(), destination.size()}));
  });
}

Result<std::string> ZipReader::Read(const ZipMember& member) const {
  std::string bytes(static_cast<std::size_t>(member.size), '\0');
  FLOWSTONE_TRY(ReadInto(member, bytes));
  return bytes;
}

Status ZipReader::ReadPieces(const ZipMember& member, const ByteSink& sink) const {
  if (member.method == ZipMethod::kZstd) {  // judged as a whole
    FLOWSTONE_LET(const std::string bytes, Read(member));
    return sink(bytes);
  }
  FLOWSTONE_LET(const Located located, Locate(*source_, member, 0, directory_offset_));
  const std::uint64_t data = member.header_offset + located.header_size;
  RangeStream stream(*source_, data, data + member.compressed_size);
  PieceCheck check(member, sink);
  return member.method == ZipMethod::kStored ? PassStored(stream, check)
                                             : PassInflated(stream, member, check);
}

}  // namespace flowstone::archive
