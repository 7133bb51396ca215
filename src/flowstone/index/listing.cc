#include "flowstone/index/listing.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/text.h"
#include "flowstone/index/listing_layout.h"
#include "flowstone/pypi/version_key.h"

namespace flowstone::index {
namespace {

using listing_layout::DetailsRow;
using listing_layout::FactsRow;
using listing_layout::Header;
using listing_layout::UrlForm;
using listing_layout::VersionRow;

std::optional<Digest> DigestOf(std::string_view bytes) {
  std::array<std::uint8_t, Digest::kSize> raw{};
  if (bytes.size() != raw.size()) {
    return std::nullopt;
  }
  std::ranges::copy(bytes, raw.begin());
  return Digest(raw);
}

std::vector<FileHash> HashesOf(std::string_view lines) {
  std::vector<FileHash> hashes;
  if (lines.empty()) {
    return hashes;
  }
  for (const std::string_view line : SplitText(lines, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      hashes.push_back({.algorithm = std::string(line.substr(0, colon)),
                        .hex = std::string(line.substr(colon + 1))});
    }
  }
  return hashes;
}

// The first number from `first` on that is not below, of numbers of which those below come first;
// `last` when all are.
template <class IsBelow>
std::uint32_t FirstNot(std::uint32_t first, std::uint32_t last, const IsBelow& is_below) {
  while (first < last) {
    const std::uint32_t middle = first + (last - first) / 2;
    if (is_below(middle)) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  return first;
}

}  // namespace

std::uint64_t KeyHead(std::string_view key) {
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < sizeof(head); ++i) {
    head = (head << 8U) | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0U);
  }
  return head;
}

Listing::Listing() = default;

Listing::Listing(std::string_view bytes, std::shared_ptr<const void> owner)
    : bytes_(bytes), owner_(std::move(owner)), view_(bytes) {
  const auto header = view_.Load<Header>(0);
  versions_ = header.versions;
  files_ = header.files;
  tag_sets_ = header.tag_sets;
  pythons_ = header.pythons;
  heads_ = sizeof(Header);
  rows_ = heads_ + sizeof(std::uint64_t) * versions_;
  facts_ = rows_ + sizeof(VersionRow) * versions_;
  details_ = facts_ + sizeof(FactsRow) * files_;
  tables_ = details_ + sizeof(DetailsRow) * files_;
}

std::optional<Listing> Listing::Open(std::string_view bytes, std::shared_ptr<const void> owner) {
  Listing listing(bytes, std::move(owner));
  const bool is_listing = bytes.size() >= sizeof(Header) &&
                          listing.view_.Load<Header>(0).magic == listing_layout::kMagic &&
                          listing.tag_sets_ > 0 && listing.pythons_ > 0;
  const std::size_t columns =
      listing.tables_ +
      sizeof(std::uint32_t) * (std::size_t{listing.tag_sets_} + listing.pythons_ - 2);
  if (!is_listing || columns > bytes.size()) {
    return std::nullopt;
  }
  return listing;
}

Listing Listing::Of(const ProjectPage& page, const pypi::Name& name) {
  const auto bytes = std::make_shared<const std::string>(Pack(page, name));
  return Listing(*bytes, bytes);
}

ProjectStatus Listing::status() const {
  const auto status = view_.Load<Header>(0).status;
  return status <= static_cast<std::uint32_t>(ProjectStatus::kQuarantined)
             ? static_cast<ProjectStatus>(status)
             : ProjectStatus::kActive;
}

std::string_view Listing::status_reason() const {
  return view_.Text(view_.Load<Header>(0).status_reason);
}

std::vector<std::string> Listing::Warnings() const {
  std::vector<std::string> warnings;
  const std::string_view lines = view_.Text(view_.Load<Header>(0).warnings);
  if (!lines.empty()) {
    for (const std::string_view line : SplitText(lines, '\n')) {
      warnings.emplace_back(line);
    }
  }
  return warnings;
}

std::string Listing::VersionKey(std::uint32_t version) const {
  const auto row = view_.Load<VersionRow>(rows_ + sizeof(VersionRow) * version);
  if (row.key != 0) {
    return std::string(view_.Text(row.key));
  }
  // The padding of a short key is zero bytes, and no key ends with one.
  std::string key;
  for (std::uint64_t rest = VersionHead(version); rest != 0; rest <<= 8U) {
    key += static_cast<char>(rest >> 56U);
  }
  return key;
}

std::string_view Listing::VersionText(std::uint32_t version) const {
  return view_.Text(view_.Load<VersionRow>(rows_ + sizeof(VersionRow) * version).text);
}

pypi::Version Listing::Version(std::uint32_t version) const {
  Result<pypi::Version> parsed = pypi::Version::Parse(VersionText(version));
  return parsed ? *std::move(parsed) : pypi::Version();
}

int Listing::CompareKey(std::uint32_t version, std::string_view key, std::uint64_t head) const {
  if (const std::uint64_t own = VersionHead(version); own != head) {
    return own < head ? -1 : 1;
  }
  const auto row = view_.Load<VersionRow>(rows_ + sizeof(VersionRow) * version);
  if (row.key == 0) {
    return key.size() <= sizeof(head) ? 0 : -1;
  }
  return view_.Text(row.key).compare(key);
}

std::uint32_t Listing::LowerBound(std::string_view key) const {
  const std::uint64_t head = KeyHead(key);
  const std::string_view heads = view_.Bytes(heads_, sizeof(head) * versions_);
  const auto count = static_cast<std::uint32_t>(heads.size() / sizeof(head));
  const std::uint32_t first = FirstNot(0, count, [&](std::uint32_t version) {
    std::uint64_t own = 0;
    std::memcpy(&own, heads.data() + sizeof(own) * version, sizeof(own));
    return own < head;
  });
  if (first == versions_ || VersionHead(first) != head) {
    return first;  // as mostly: the heads say it all
  }
  return FirstNot(first, versions_,
                  [&](std::uint32_t version) { return CompareKey(version, key, head) < 0; });
}

std::string_view Listing::Filename(std::uint32_t file) const {
  return view_.Text(view_.Load<DetailsRow>(details_ + sizeof(DetailsRow) * file).filename);
}

std::string_view Listing::YankReason(std::uint32_t file) const {
  const auto row = view_.Load<DetailsRow>(details_ + sizeof(DetailsRow) * file);
  return row.yank_reason == listing_layout::kYankedByEmptyText ? std::string_view()
                                                               : view_.Text(row.yank_reason);
}

bool Listing::IsYankedByEmptyText(std::uint32_t file) const {
  const auto row = view_.Load<DetailsRow>(details_ + sizeof(DetailsRow) * file);
  return row.yank_reason == listing_layout::kYankedByEmptyText;
}

std::string Listing::Url(std::uint32_t packed, std::string_view filename) const {
  const std::string_view text = view_.Text(packed);
  if (text.empty()) {
    return {};
  }
  const std::string_view rest = text.substr(1);
  const auto form = static_cast<UrlForm>(text.front());
  if (form != UrlForm::kDirectory && form != UrlForm::kHashed) {
    return std::string(rest);
  }
  const auto directory = PackedView(rest).Load<std::uint32_t>(0);
  std::string url(view_.Text(directory));
  if (form == UrlForm::kHashed) {
    const std::string_view raw = PackedView(rest).Bytes(sizeof(directory), Digest::kSize);
    const std::string hex = DigestOf(raw).value_or(Digest()).ToString();
    url.append(hex, 0, 2).append("/").append(hex, 2, 2).append("/").append(hex, 4).append("/");
  }
  return url.append(filename);
}

IndexFile Listing::File(std::uint32_t file) const {
  const auto row = view_.Load<DetailsRow>(details_ + sizeof(DetailsRow) * file);
  const FileFacts facts = Facts(file);
  IndexFile known{.filename = std::string(view_.Text(row.filename)),
                  .url = Url(row.url, view_.Text(row.filename)),
                  .sha256 = DigestOf(view_.Text(row.sha256)),
                  .other_hashes = HashesOf(view_.Text(row.other_hashes))};
  if (facts.python != FileFacts::kNoPython) {
    known.requires_python = PythonText(facts.python);
  }
  if (row.metadata != listing_layout::kNoOffer) {
    known.metadata = MetadataOffer{};
    if (row.metadata != listing_layout::kOfferWithoutDigest) {
      known.metadata->sha256 = DigestOf(view_.Text(row.metadata));
    }
  }
  if (facts.is_yanked) {
    known.yanked = YankReason(file);
    known.is_yanked_by_empty_text = row.yank_reason == listing_layout::kYankedByEmptyText;
  }
  if (row.size != UINT64_MAX) {
    known.size = row.size;
  }
  if (facts.upload_time_us != FileFacts::kNoTime) {
    known.upload_time_us = facts.upload_time_us;
  }
  return known;
}

std::string_view Listing::TagSetText(std::uint32_t tag_set) const {
  if (tag_set == FileFacts::kSource || tag_set >= tag_sets_) {
    return {};
  }
  return view_.Text(view_.Load<std::uint32_t>(tables_ + sizeof(std::uint32_t) * (tag_set - 1)));
}

std::string_view Listing::PythonText(std::uint32_t python) const {
  if (python == FileFacts::kNoPython || python >= pythons_) {
    return {};
  }
  const std::size_t place = std::size_t{tag_sets_} - 1 + python - 1;
  return view_.Text(view_.Load<std::uint32_t>(tables_ + sizeof(std::uint32_t) * place));
}

}  // namespace flowstone::index
