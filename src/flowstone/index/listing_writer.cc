// Packs a project page: groups its files by version and lays out the columns.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/hex.h"
#include "flowstone/base/text.h"
#include "flowstone/index/flat_source.h"
#include "flowstone/index/listing.h"
#include "flowstone/index/listing_layout.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/pypi/wheel_name_parts.h"

namespace flowstone::index {
namespace {

using listing_layout::DetailsRow;
using listing_layout::FactsRow;
using listing_layout::Header;
using listing_layout::UrlForm;
using listing_layout::VersionRow;

// Numbers texts in the order of their first mention, from 1. The texts outlive it.
class Numbering {
 public:
  std::uint32_t NumberOf(std::string_view text) {
    const auto [entry, is_new] =
        numbers_.try_emplace(text, static_cast<std::uint32_t>(texts_.size() + 1));
    if (is_new) {
      texts_.push_back(text);
    }
    return entry->second;
  }
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
  std::vector<std::string_view> texts_;
};

// A file of the project, by what its name says.
struct NamedFile {
  const IndexFile* file;
  const pypi::Version* version;
  const std::string* tag_set;  // null for what is no wheel
};

// Reads the names of a project's files. They have few versions and tag sets in common, each of
// which is read once. The files outlive it, and it what it gives.
class FileNameReader {
 public:
  explicit FileNameReader(const pypi::Name& name) : name_(name) {}

  // Nothing when it is no file of the project.
  std::optional<NamedFile> Read(const IndexFile& file) {
    if (!file.filename.ends_with(".whl")) {
      Result<pypi::SdistName> sdist = pypi::SdistName::ParseFor(name_, file.filename);
      if (!sdist) {
        return std::nullopt;
      }
      return NamedFile{&file, &sdist_versions_.emplace_back(std::move(sdist->version)), nullptr};
    }
    const Result<pypi::WheelNameParts> parts = pypi::WheelNameParts::Of(file.filename);
    if (!parts || !IsOwnName(parts->name) ||
        (parts->build && !pypi::BuildTag::Parse(*parts->build))) {
      return std::nullopt;
    }
    const std::optional<pypi::Version>& version = VersionOf(parts->version);
    const std::optional<std::string>& tag_set = TagSetOf(parts->tags);
    if (!version || !tag_set) {
      return std::nullopt;
    }
    return NamedFile{&file, &*version, &*tag_set};
  }

 private:
  bool IsOwnName(std::string_view text) {
    if (text != own_name_) {
      const Result<pypi::Name> name = pypi::Name::Parse(text);
      if (!name || *name != name_) {
        return false;
      }
      own_name_ = text;
    }
    return true;
  }

  const std::optional<pypi::Version>& VersionOf(std::string_view text) {
    const auto [entry, is_new] = versions_.try_emplace(text);
    if (is_new) {
      if (Result<pypi::Version> version = pypi::Version::Parse(text)) {
        entry->second = *std::move(version);
      }
    }
    return entry->second;
  }

  // As TagSet writes it.
  const std::optional<std::string>& TagSetOf(std::string_view text) {
    const auto [entry, is_new] = tag_sets_.try_emplace(text);
    if (is_new) {
      if (const Result<pypi::TagSet> tags = pypi::TagSet::Parse(text)) {
        entry->second = tags->ToString();
      }
    }
    return entry->second;
  }

  const pypi::Name& name_;
  std::string_view own_name_;  // as it was last spelt
  std::unordered_map<std::string_view, std::optional<pypi::Version>> versions_;  // of wheels
  std::deque<pypi::Version> sdist_versions_;
  std::unordered_map<std::string_view, std::optional<std::string>> tag_sets_;
};

// What the texts of a file take up beside its name: two digests, a URL in its shortest form,
// lengths.
constexpr std::size_t kUsualDetails = 128;

std::string_view BytesOf(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes().data()), digest.bytes().size()};
}

// The digest whose hexadecimal form ends `directory` as "xx/yy/<60 digits>/".
std::optional<Digest> HashAtEnd(std::string_view directory) {
  constexpr std::size_t length = 2 + 1 + 2 + 1 + 60 + 1;
  if (directory.size() < length || !directory.ends_with('/')) {
    return std::nullopt;
  }
  const std::string_view end = directory.substr(directory.size() - length);
  if (end[2] != '/' || end[5] != '/') {
    return std::nullopt;
  }
  std::array<char, 64> hex{};
  std::ranges::copy(
      end.substr(6, 60),
      std::ranges::copy(end.substr(3, 2), std::ranges::copy(end.substr(0, 2), hex.begin()).out)
          .out);
  const std::string_view text(hex.data(), hex.size());
  // Upper case would not come back.
  const bool is_lower = std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  const auto bytes = is_lower ? HexDecodeExactly<Digest::kSize>(text) : std::nullopt;
  return bytes ? std::optional(Digest(*bytes)) : std::nullopt;
}

class ListingWriter {
 public:
  ListingWriter(const ProjectPage& page, const pypi::Name& name) : page_(page), names_(name) {
    files_.reserve(page.files.size());
    for (const IndexFile& file : page.files) {
      if (const std::optional<NamedFile> named = names_.Read(file)) {
        files_.push_back(*named);
      } else if (!MayBelongTo(name, file.filename)) {
        warnings_.push_back("left out " + file.filename + ": its name is not one of " +
                            name.ToString());
      }
    }
    std::ranges::stable_sort(files_, [](const NamedFile& a, const NamedFile& b) {
      return a.version != b.version && *a.version < *b.version;
    });
    warnings_.insert(warnings_.begin(), page.warnings.begin(), page.warnings.end());
  }

  std::string Write() && {
    std::size_t text_size = 0;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const auto& [file, version, tag_set] = files_[i];
      if (i == 0 || (files_[i - 1].version != version && *files_[i - 1].version != *version)) {
        first_files_.push_back(i);
      }
      tag_sets_of_.push_back(tag_set == nullptr ? 0 : tag_sets_.NumberOf(*tag_set));
      pythons_of_.push_back(file->requires_python ? pythons_.NumberOf(*file->requires_python) : 0);
      text_size += file->filename.size() + kUsualDetails;
    }
    const std::size_t rows_at = sizeof(Header) + sizeof(std::uint64_t) * first_files_.size();
    const std::size_t facts_at = rows_at + sizeof(VersionRow) * first_files_.size();
    const std::size_t details_at = facts_at + sizeof(FactsRow) * files_.size();
    const std::size_t tables_at = details_at + sizeof(DetailsRow) * files_.size();
    const std::size_t texts_at =
        tables_at + sizeof(std::uint32_t) * (tag_sets_.texts().size() + pythons_.texts().size());
    out_.Expect(texts_at + text_size);
    out_.Reserve(texts_at);
    WriteHeader();
    WriteVersions(rows_at);
    for (std::size_t i = 0; i < files_.size(); ++i) {
      out_.Store(facts_at + sizeof(FactsRow) * i, FactsOf(i));
      out_.Store(details_at + sizeof(DetailsRow) * i, DetailsOf(*files_[i].file));
    }
    WriteTable(tables_at, tag_sets_.texts());
    WriteTable(tables_at + sizeof(std::uint32_t) * tag_sets_.texts().size(), pythons_.texts());
    return std::move(out_).Take();
  }

 private:
  void WriteHeader() {
    out_.Store(0, Header{.magic = listing_layout::kMagic,
                         .versions = static_cast<std::uint32_t>(first_files_.size()),
                         .files = static_cast<std::uint32_t>(files_.size()),
                         .tag_sets = static_cast<std::uint32_t>(tag_sets_.texts().size() + 1),
                         .pythons = static_cast<std::uint32_t>(pythons_.texts().size() + 1),
                         .status = static_cast<std::uint32_t>(page_.status),
                         .status_reason = out_.Text(page_.status_reason),
                         .warnings = out_.Text(JoinText(warnings_, "\n"))});
  }

  void WriteVersions(std::size_t rows_at) {
    for (std::size_t i = 0; i < first_files_.size(); ++i) {
      const pypi::Version& version = *files_[first_files_[i]].version;
      out_.Store(sizeof(Header) + sizeof(std::uint64_t) * i, KeyHead(version.key()));
      const bool is_short = version.key().size() <= sizeof(std::uint64_t);
      out_.Store(
          rows_at + sizeof(VersionRow) * i,
          VersionRow{.text = out_.Text(version.text()),
                     .key = is_short ? 0 : out_.Text(version.key()),
                     .first_file = static_cast<std::uint32_t>(first_files_[i]),
                     .shape_and_prerelease = ShapeOf(i) * 2 + (version.is_prerelease() ? 1U : 0U),
                     .newest_upload_us = NewestUploadOf(i)});
    }
  }

  std::size_t EndOfFiles(std::size_t version) const {
    return version + 1 < first_files_.size() ? first_files_[version + 1] : files_.size();
  }

  std::uint32_t ShapeOf(std::size_t version) {
    PackedWriter facts;
    for (std::size_t i = first_files_[version]; i < EndOfFiles(version); ++i) {
      const FactsRow row = FactsOf(i);
      facts.Append(row.tag_set_and_yank);
      facts.Append(row.python);
    }
    const auto next = static_cast<std::uint32_t>(shapes_.size());
    return shapes_.try_emplace(std::move(facts).Take(), next).first->second;
  }

  std::int64_t NewestUploadOf(std::size_t version) const {
    std::int64_t newest = Listing::FileFacts::kNoTime;
    for (std::size_t i = first_files_[version]; i < EndOfFiles(version); ++i) {
      newest = std::max(newest,
                        files_[i].file->upload_time_us.value_or(Listing::VersionFacts::kUnknown));
    }
    return newest;
  }

  FactsRow FactsOf(std::size_t i) const {
    const IndexFile& file = *files_[i].file;
    return {.upload_time_us = file.upload_time_us.value_or(Listing::FileFacts::kNoTime),
            .tag_set_and_yank = tag_sets_of_[i] * 2 + (file.yanked ? 1U : 0U),
            .python = pythons_of_[i]};
  }

  DetailsRow DetailsOf(const IndexFile& file) {
    DetailsRow row{.size = file.size.value_or(UINT64_MAX),
                   .filename = out_.OwnText(file.filename),
                   .url = WriteUrl(file),
                   .sha256 = file.sha256 ? out_.OwnText(BytesOf(*file.sha256)) : 0,
                   .yank_reason = file.is_yanked_by_empty_text
                                      ? listing_layout::kYankedByEmptyText
                                      : out_.Text(file.yanked.value_or(""))};
    if (file.metadata) {
      row.metadata = file.metadata->sha256 ? out_.OwnText(BytesOf(*file.metadata->sha256))
                                           : listing_layout::kOfferWithoutDigest;
    }
    if (!file.other_hashes.empty()) {
      std::vector<std::string> hashes;
      hashes.reserve(file.other_hashes.size());
      for (const FileHash& hash : file.other_hashes) {
        hashes.push_back(hash.algorithm + ":" + hash.hex);
      }
      row.other_hashes = out_.Text(JoinText(hashes, "\n"));
    }
    return row;
  }

  // The offset of the URL in the form that suits it.
  std::uint32_t WriteUrl(const IndexFile& file) {
    if (file.url.empty()) {
      return 0;
    }
    std::string_view directory = file.url;
    if (directory.ends_with(file.filename)) {
      directory.remove_suffix(file.filename.size());
    }
    if (directory.size() == file.url.size() || !directory.ends_with('/')) {
      url_form_.assign(1, static_cast<char>(UrlForm::kWhole)).append(file.url);
      return out_.OwnText(url_form_);
    }
    const std::optional<Digest> hash = HashAtEnd(directory);
    if (hash) {
      directory.remove_suffix(2 + 1 + 2 + 1 + 60 + 1);
    }
    const auto place = std::bit_cast<std::array<char, sizeof(std::uint32_t)>>(out_.Text(directory));
    url_form_.assign(1, static_cast<char>(hash ? UrlForm::kHashed : UrlForm::kDirectory));
    url_form_.append(place.data(), place.size());
    if (hash) {
      url_form_.append(BytesOf(*hash));
    }
    return out_.OwnText(url_form_);
  }

  void WriteTable(std::size_t offset, const std::vector<std::string_view>& texts) {
    for (const std::string_view text : texts) {
      out_.Store(offset, out_.Text(text));
      offset += sizeof(std::uint32_t);
    }
  }

  const ProjectPage& page_;
  FileNameReader names_;
  std::vector<NamedFile> files_;  // by version
  std::vector<std::string> warnings_;
  std::vector<std::size_t> first_files_;  // of each version
  Numbering tag_sets_;
  Numbering pythons_;
  std::unordered_map<std::string, std::uint32_t> shapes_;
  std::vector<std::uint32_t> tag_sets_of_;  // of each file
  std::vector<std::uint32_t> pythons_of_;
  PackedWriter out_;
  std::string url_form_;  // the last one
};

}  // namespace

std::string Listing::Pack(const ProjectPage& page, const pypi::Name& name) {
  return ListingWriter(page, name).Write();
}

}  // namespace flowstone::index
