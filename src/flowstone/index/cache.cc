#include "flowstone/index/cache.h"

#include <libdeflate.h>

#include <array>
#include <charconv>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/base/text.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::index {
namespace {

constexpr std::string_view kPageMagic = "flowstone-index-page 1";
constexpr std::string_view kMetadataMagic = "flowstone-index-metadata 1";

// The cache is the user's own and written atomically, so this guards against accidents (a power
// cut, a bad disk), for which CRC-32 is enough at a tenth of the price of sha256.
std::string Checksum(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  const std::uint32_t crc = libdeflate_crc32(0, bytes.data(), bytes.size());
  std::string text;
  for (unsigned shift = 32; shift > 0; shift -= 4) {
    text += digits[(crc >> (shift - 4)) & 15U];
  }
  return text;
}

// Takes the text before the next newline off the front.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

template <class Integer>
bool ParseInteger(std::string_view text, Integer& value) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size();
}

std::string EncodePage(const CachedPage& page) {
  std::string out;
  const auto field = [&out](std::string_view name, const std::string& value) {
    out.append(name).append(": ").append(value).append("\n");
  };
  field("status", std::to_string(page.status));
  field("content-type", page.content_type);
  field("url", page.url);
  field("received-ns", std::to_string(page.freshness.received_ns));
  field("lifetime-s", std::to_string(page.freshness.lifetime_s));
  field("etag", page.freshness.etag);
  field("last-modified", page.freshness.last_modified);
  return out.append("\n").append(page.body);
}

bool TakeField(CachedPage& page, std::string_view name, std::string_view value) {
  if (name == "status") {
    return ParseInteger(value, page.status);
  }
  if (name == "received-ns") {
    return ParseInteger(value, page.freshness.received_ns);
  }
  if (name == "lifetime-s") {
    return ParseInteger(value, page.freshness.lifetime_s);
  }
  if (name == "content-type") {
    page.content_type = value;
  } else if (name == "url") {
    page.url = value;
  } else if (name == "etag") {
    page.freshness.etag = value;
  } else if (name == "last-modified") {
    page.freshness.last_modified = value;
  }
  return true;
}

std::optional<CachedPage> DecodePage(std::string_view payload) {
  CachedPage page;
  while (true) {
    const std::optional<std::string_view> line = TakeLine(payload);
    if (!line) {
      return std::nullopt;
    }
    if (line->empty()) {
      page.body = payload;
      return page;
    }
    const std::size_t colon = line->find(": ");
    if (colon == std::string_view::npos ||
        !TakeField(page, line->substr(0, colon), line->substr(colon + 2))) {
      return std::nullopt;
    }
  }
}

}  // namespace

IndexCache::IndexCache(os::FileSystem& files, std::string root)
    : files_(files), root_(std::move(root)) {}

std::string IndexCache::PagePath(const net::Url& index, const pypi::Name& name) const {
  const net::Url shown = index.WithoutCredentials().WithoutFragment().AsDirectory();
  return root_ + "/idx/" + Digest::Of(shown.ToString()).ToString() + "/" + name.ToString() +
         ".page";
}

std::string IndexCache::MetadataPath(const IndexFile& file) const {
  const std::string digest =
      file.sha256 ? file.sha256->ToString() : "url-" + Digest::Of(file.url).ToString();
  const std::string shard = file.sha256 ? digest.substr(0, 2) : "url";
  return root_ + "/meta/" + shard + "/" + digest + ".metadata";
}

std::optional<std::string> IndexCache::ReadEntry(const std::string& path, std::string_view magic) {
  const Result<std::string> bytes = files_.ReadFile(path);
  if (!bytes) {
    return std::nullopt;
  }
  std::string_view rest = *bytes;
  const std::optional<std::string_view> first = TakeLine(rest);
  const std::optional<std::string_view> checksum = TakeLine(rest);
  if (first != magic || checksum != Checksum(rest)) {
    // What cannot be removed is overwritten when the answer comes anew.
    (void)files_.RemoveFile(path);
    return std::nullopt;
  }
  return std::string(rest);
}

Status IndexCache::WriteEntry(const std::string& path, std::string_view magic,
                              std::string_view payload) {
  std::string bytes(magic);
  bytes.append("\n").append(Checksum(payload)).append("\n").append(payload);
  FLOWSTONE_TRY(os::MakeDirectories(files_, os::DirName(path), 0700));
  return os::ReplaceFile(files_, path, bytes, 0600);
}

std::optional<CachedPage> IndexCache::FindPage(const net::Url& index, const pypi::Name& name) {
  const std::string path = PagePath(index, name);
  const std::optional<std::string> payload = ReadEntry(path, kPageMagic);
  if (!payload) {
    return std::nullopt;
  }
  std::optional<CachedPage> page = DecodePage(*payload);
  if (!page) {
    (void)files_.RemoveFile(path);
  }
  return page;
}

Status IndexCache::StorePage(const net::Url& index, const pypi::Name& name,
                             const CachedPage& page) {
  return WriteEntry(PagePath(index, name), kPageMagic, EncodePage(page));
}

std::optional<std::string> IndexCache::FindMetadata(const IndexFile& file) {
  return ReadEntry(MetadataPath(file), kMetadataMagic);
}

Status IndexCache::StoreMetadata(const IndexFile& file, std::string_view text) {
  return WriteEntry(MetadataPath(file), kMetadataMagic, text);
}

Result<std::string> IndexCache::ScratchDirectory() {
  std::string path = root_ + "/tmp";
  FLOWSTONE_TRY(os::MakeDirectories(files_, path, 0700));
  return path;
}

}  // namespace flowstone::index
