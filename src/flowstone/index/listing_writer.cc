// Packs a project page: groups its files by version and lays out the columns.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/hex.h"
#include "flowstone/base/text.h"
#include "flowstone/index/flat_source.h"
#include "flowstone/index/listing.h"
#include "flowstone/index/listing_layout.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::index {
namespace {

using listing_layout::DetailsRow;
using listing_layout::FactsRow;
using listing_layout::Header;
using listing_layout::UrlForm;
using listing_layout::VersionRow;

// A file of the project, by what its name says.
struct NamedFile {
  const IndexFile* file;
  pypi::Version version;
  std::string tag_set;  // empty for what is no wheel
};

std::optional<NamedFile> ReadName(const IndexFile& file, const pypi::Name& name) {
  if (file.filename.ends_with(".whl")) {
    Result<pypi::WheelName> wheel = pypi::WheelName::Parse(file.filename);
    if (!wheel || wheel->name != name) {
      return std::nullopt;
    }
    return NamedFile{&file, std::move(wheel->version), wheel->tags.ToString()};
  }
  Result<pypi::SdistName> sdist = pypi::SdistName::ParseFor(name, file.filename);
  return sdist ? std::optional(NamedFile{&file, std::move(sdist->version), {}}) : std::nullopt;
}

// Numbers texts in the order of their first mention, from 1.
class Numbering {
 public:
  std::uint32_t NumberOf(const std::string& text) {
    const auto [entry, is_new] =
        numbers_.try_emplace(text, static_cast<std::uint32_t>(texts_.size() + 1));
    if (is_new) {
      texts_.push_back(text);
    }
    return entry->second;
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> texts_;
};

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
  ListingWriter(const ProjectPage& page, const pypi::Name& name) : page_(page) {
    for (const IndexFile& file : page.files) {
      if (std::optional<NamedFile> named = ReadName(file, name)) {
        files_.push_back(*std::move(named));
      } else if (!MayBelongTo(name, file.filename)) {
        warnings_.push_back("left out " + file.filename + ": its name is not one of " +
                            name.ToString());
      }
    }
    std::ranges::stable_sort(files_, {}, &NamedFile::version);
    warnings_.insert(warnings_.begin(), page.warnings.begin(), page.warnings.end());
  }

  std::string Write() && {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      if (i == 0 || files_[i - 1].version != files_[i].version) {
        first_files_.push_back(i);
      }
      tag_sets_of_.push_back(files_[i].tag_set.empty() ? 0 : tag_sets_.NumberOf(files_[i].tag_set));
      const std::optional<std::string>& python = files_[i].file->requires_python;
      pythons_of_.push_back(python ? pythons_.NumberOf(*python) : 0);
    }
    const std::size_t rows_at = sizeof(Header) + sizeof(std::uint64_t) * first_files_.size();
    const std::size_t facts_at = rows_at + sizeof(VersionRow) * first_files_.size();
    const std::size_t details_at = facts_at + sizeof(FactsRow) * files_.size();
    const std::size_t tables_at = details_at + sizeof(DetailsRow) * files_.size();
    out_.Reserve(tables_at +
                 sizeof(std::uint32_t) * (tag_sets_.texts().size() + pythons_.texts().size()));
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
      const pypi::Version& version = files_[first_files_[i]].version;
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
    return shapes_.NumberOf(std::move(facts).Take()) - 1;
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
                   .url = out_.OwnText(PackUrl(file)),
                   .sha256 = file.sha256 ? out_.OwnText(BytesOf(*file.sha256)) : 0,
                   .yank_reason = file.is_yanked_by_empty_text
                                      ? listing_layout::kYankedByEmptyText
                                      : out_.Text(file.yanked.value_or(""))};
    if (file.metadata) {
      row.metadata = file.metadata->sha256 ? out_.OwnText(BytesOf(*file.metadata->sha256))
                                           : listing_layout::kOfferWithoutDigest;
    }
    std::vector<std::string> hashes;
    hashes.reserve(file.other_hashes.size());
    for (const FileHash& hash : file.other_hashes) {
      hashes.push_back(hash.algorithm + ":" + hash.hex);
    }
    row.other_hashes = out_.Text(JoinText(hashes, "\n"));
    return row;
  }

  std::string PackUrl(const IndexFile& file) {
    const std::string_view url = file.url;
    if (url.empty()) {
      return {};
    }
    if (!url.ends_with("/" + file.filename)) {
      return static_cast<char>(UrlForm::kWhole) + file.url;
    }
    std::string_view directory = url.substr(0, url.size() - file.filename.size());
    const std::optional<Digest> hash = HashAtEnd(directory);
    if (hash) {
      directory.remove_suffix(2 + 1 + 2 + 1 + 60 + 1);
    }
    PackedWriter packed;
    packed.Append(out_.Text(directory));
    std::string form(1, static_cast<char>(hash ? UrlForm::kHashed : UrlForm::kDirectory));
    form.append(std::move(packed).Take());
    return hash ? form.append(BytesOf(*hash)) : form;
  }

  void WriteTable(std::size_t offset, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      out_.Store(offset, out_.Text(text));
      offset += sizeof(std::uint32_t);
    }
  }

  const ProjectPage& page_;
  std::vector<NamedFile> files_;
  std::vector<std::string> warnings_;
  std::vector<std::size_t> first_files_;  // of each version
  Numbering tag_sets_;
  Numbering pythons_;
  Numbering shapes_;
  std::vector<std::uint32_t> tag_sets_of_;  // of each file
  std::vector<std::uint32_t> pythons_of_;
  PackedWriter out_;
};

}  // namespace

std::string Listing::Pack(const ProjectPage& page, const pypi::Name& name) {
  return ListingWriter(page, name).Write();
}

}  // namespace flowstone::index
