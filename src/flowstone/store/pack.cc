#include "flowstone/store/pack.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

#include "flowstone/archive/zstd.h"

namespace flowstone::store {
namespace {

// Contents of this size have a frame of their own; smaller ones share one of about this size.
constexpr std::size_t kGroupSize = std::size_t{256} << 10U;
constexpr int kLevel = 3;

constexpr std::string_view kPackMagic = "FSP1";
constexpr std::string_view kHeader("FSP1\0\0\0\0", 8);
// Trailer: magic, u32 decoded size of the index, u64 offset of the index.
constexpr std::size_t kTrailerSize = 16;
// Index: u32 frames, u32 contents, then the entries.
constexpr std::size_t kIndexHeaderSize = 8;
constexpr std::size_t kFrameEntrySize = 16;
constexpr std::size_t kContentEntrySize = Digest::kSize + 12;

template <class Number>
void AppendNumber(std::string& bytes, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    bytes += static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
  }
}

// The caller has checked that the number is inside `bytes`.
template <class Number>
Number NumberAt(std::string_view bytes, std::size_t offset) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    number |= static_cast<Number>(static_cast<Number>(static_cast<unsigned char>(bytes[offset + i]))
                                  << (8 * i));
  }
  return number;
}

Digest DigestAt(std::string_view bytes, std::size_t offset) {
  std::array<std::uint8_t, Digest::kSize> value{};
  std::transform(bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                 bytes.begin() + static_cast<std::ptrdiff_t>(offset + Digest::kSize), value.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return Digest(value);
}

Error BadPack(const std::string& key, const std::string& reason) {
  return Error{.code = ErrorCode::kCorrupt,
               .message = "object '" + key + "' is no whole pack: " + reason};
}

}  // namespace

Status PackWriter::Add(const Digest& sha256, std::string_view content) {
  if (locations_.contains(sha256)) {
    return Ok();
  }
  if (content.size() > std::numeric_limits<std::uint32_t>::max()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "a file of 4 GiB or more cannot be part of a code package"};
  }
  if (!group_.empty() && group_.size() + content.size() > kGroupSize) {
    CloseFrame();
  }
  locations_[sha256] = {.frame = static_cast<std::uint32_t>(frames_.size()),
                        .offset = static_cast<std::uint32_t>(group_.size()),
                        .size = static_cast<std::uint32_t>(content.size())};
  group_ += content;
  if (group_.size() >= kGroupSize) {
    CloseFrame();
  }
  return Ok();
}

void PackWriter::CloseFrame() {
  if (bytes_.empty()) {
    bytes_ = kHeader;
  }
  const std::string frame = archive::ZstdCompress(group_, kLevel);
  frames_.push_back({.offset = bytes_.size(),
                     .stored_size = static_cast<std::uint32_t>(frame.size()),
                     .decoded_size = static_cast<std::uint32_t>(group_.size())});
  bytes_ += frame;
  group_.clear();
}

std::string PackWriter::Finish() && {
  // An empty content at the very end still needs a frame to be in.
  CloseFrame();
  std::string index;
  AppendNumber(index, static_cast<std::uint32_t>(frames_.size()));
  AppendNumber(index, static_cast<std::uint32_t>(locations_.size()));
  for (const Frame& frame : frames_) {
    AppendNumber(index, frame.offset);
    AppendNumber(index, frame.stored_size);
    AppendNumber(index, frame.decoded_size);
  }
  for (const auto& [sha256, location] : locations_) {
    index.append(sha256.bytes().begin(), sha256.bytes().end());
    AppendNumber(index, location.frame);
    AppendNumber(index, location.offset);
    AppendNumber(index, location.size);
  }
  const std::uint64_t index_offset = bytes_.size();
  bytes_ += archive::ZstdCompress(index, kLevel);
  bytes_ += kPackMagic;
  AppendNumber(bytes_, static_cast<std::uint32_t>(index.size()));
  AppendNumber(bytes_, index_offset);
  return std::move(bytes_);
}

Result<PackReader> PackReader::Open(ObjectStore& objects, std::string key) {
  FLOWSTONE_LET(const std::optional<std::uint64_t> size, objects.Head(key));
  if (!size) {
    return Error{.code = ErrorCode::kNotFound, .message = "there is no object '" + key + "'"};
  }
  if (*size < kHeader.size() + kTrailerSize) {
    return BadPack(key, "it is too short");
  }
  const std::uint64_t index_end = *size - kTrailerSize;
  FLOWSTONE_LET(const std::string trailer, objects.GetRange(key, index_end, kTrailerSize));
  const auto decoded_size = NumberAt<std::uint32_t>(trailer, kPackMagic.size());
  const auto index_offset =
      NumberAt<std::uint64_t>(trailer, kPackMagic.size() + sizeof(decoded_size));
  if (!trailer.starts_with(kPackMagic) || index_offset < kHeader.size() ||
      index_offset > index_end) {
    return BadPack(key, "its end is damaged");
  }
  FLOWSTONE_LET(const std::string stored,
                objects.GetRange(key, index_offset, index_end - index_offset));
  FLOWSTONE_LET(const std::string index, Annotate(archive::ZstdDecompress(stored, decoded_size),
                                                  "while reading object '" + key + "'"));
  PackReader reader(objects, std::move(key));
  FLOWSTONE_TRY(reader.ParseIndex(index, index_offset));
  return reader;
}

Status PackReader::ParseIndex(std::string_view index, std::uint64_t frames_end) {
  if (index.size() < kIndexHeaderSize) {
    return BadPack(key_, "its index is damaged");
  }
  const auto frame_count = NumberAt<std::uint32_t>(index, 0);
  const auto content_count = NumberAt<std::uint32_t>(index, sizeof(frame_count));
  const std::uint64_t expected = kIndexHeaderSize + std::uint64_t{frame_count} * kFrameEntrySize +
                                 std::uint64_t{content_count} * kContentEntrySize;
  if (index.size() != expected) {
    return BadPack(key_, "its index is damaged");
  }
  std::size_t at = kIndexHeaderSize;
  for (std::uint32_t i = 0; i < frame_count; ++i, at += kFrameEntrySize) {
    const PackWriter::Frame frame{.offset = NumberAt<std::uint64_t>(index, at),
                                  .stored_size = NumberAt<std::uint32_t>(index, at + 8),
                                  .decoded_size = NumberAt<std::uint32_t>(index, at + 12)};
    if (frame.offset > frames_end || frame.stored_size > frames_end - frame.offset) {
      return BadPack(key_, "a frame lies outside of it");
    }
    frames_.push_back(frame);
  }
  for (std::uint32_t i = 0; i < content_count; ++i, at += kContentEntrySize) {
    const std::size_t numbers = at + Digest::kSize;
    const PackWriter::Location location{.frame = NumberAt<std::uint32_t>(index, numbers),
                                        .offset = NumberAt<std::uint32_t>(index, numbers + 4),
                                        .size = NumberAt<std::uint32_t>(index, numbers + 8)};
    if (location.frame >= frames_.size() ||
        std::uint64_t{location.offset} + location.size > frames_[location.frame].decoded_size) {
      return BadPack(key_, "a content lies outside of its frame");
    }
    locations_.emplace(DigestAt(index, at), location);
  }
  return Ok();
}

bool PackReader::Contains(const Digest& sha256) const {
  return locations_.contains(sha256);
}

std::vector<Digest> PackReader::ContentsInOrder() const {
  std::vector<std::pair<PackWriter::Location, Digest>> located;
  located.reserve(locations_.size());
  for (const auto& [sha256, location] : locations_) {
    located.emplace_back(location, sha256);
  }
  std::sort(located.begin(), located.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.frame, a.first.offset, a.second) <
           std::tie(b.first.frame, b.first.offset, b.second);
  });
  std::vector<Digest> contents;
  contents.reserve(located.size());
  for (const auto& [location, sha256] : located) {
    contents.push_back(sha256);
  }
  return contents;
}

Status PackReader::LoadFrame(std::uint32_t frame) {
  if (loaded_frame_ == frame) {
    return Ok();
  }
  const PackWriter::Frame& place = frames_[frame];
  FLOWSTONE_LET(const std::string stored,
                objects_->GetRange(key_, place.offset, place.stored_size));
  FLOWSTONE_LET(std::string decoded, Annotate(archive::ZstdDecompress(stored, place.decoded_size),
                                              "while reading object '" + key_ + "'"));
  if (decoded.size() != place.decoded_size) {
    return BadPack(key_, "a frame has the wrong size");
  }
  loaded_ = std::move(decoded);
  loaded_frame_ = frame;
  return Ok();
}

Result<std::string> PackReader::Read(const Digest& sha256) {
  const auto found = locations_.find(sha256);
  if (found == locations_.end()) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "object '" + key_ + "' does not hold " + sha256.ToString()};
  }
  const PackWriter::Location& location = found->second;
  FLOWSTONE_TRY(LoadFrame(location.frame));
  std::string content = loaded_.substr(location.offset, location.size);
  if (Digest::Of(content) != sha256) {
    return BadPack(key_, "the content " + sha256.ToString() + " is damaged");
  }
  return content;
}

}  // namespace flowstone::store
