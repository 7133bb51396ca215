// Listing: what one source says about one project, grouped by version, as packed bytes that are
// read where they lie: in the mapped knowledge of earlier runs or in a string. Opening one costs
// nothing, and only what is looked at is touched.
//
// Versions ascend by value; of several spellings of one version the first counts. The files of a
// version are in the order of the page. Files whose name says no version of the project are not in
// a listing. A listing is immutable, cheap to copy, and keeps its bytes alive.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/index/listing_layout.h"
#include "flowstone/index/packed_bytes.h"
#include "flowstone/index/project_page.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version.h"

namespace flowstone::index {

// The first eight bytes of a version key as a number: versions whose numbers differ are in the
// order of the numbers.
std::uint64_t KeyHead(std::string_view key);

class Listing {
 public:
  // What deciding about a file needs.
  struct FileFacts {
    static constexpr std::int64_t kNoTime = INT64_MIN;
    static constexpr std::uint32_t kSource = 0;    // the tag set of what is no wheel
    static constexpr std::uint32_t kNoPython = 0;  // nothing is said about Python

    std::int64_t upload_time_us = kNoTime;
    std::uint32_t tag_set = kSource;   // below tag_set_count()
    std::uint32_t python = kNoPython;  // below python_count()
    bool is_yanked = false;
  };
  struct FileSpan {
    std::uint32_t first = 0;
    std::uint32_t last = 0;  // one behind
  };
  // What deciding about all files of a version at once needs.
  struct VersionFacts {
    static constexpr std::int64_t kUnknown = INT64_MAX;

    FileSpan files;
    // Versions with equal shapes have as many files, with equal facts in equal order, but for the
    // times of upload. Below version_count().
    std::uint32_t shape = 0;
    std::int64_t newest_upload_us = kUnknown;
    bool is_prerelease = false;
  };

  // The listing of no file.
  Listing();
  // `page` as packed bytes. Files that cannot be of the project become a warning: they would be a
  // way to slip in a file of another name.
  static std::string Pack(const ProjectPage& page, const pypi::Name& name);
  static Listing Of(const ProjectPage& page, const pypi::Name& name);
  // Nothing when the bytes are none of a listing. `owner` keeps them alive.
  static std::optional<Listing> Open(std::string_view bytes, std::shared_ptr<const void> owner);

  std::uint32_t version_count() const { return versions_; }
  std::uint32_t file_count() const { return files_; }
  // Ids of tag sets and of Requires-Python values are below these; id 0 means that there is none.
  std::uint32_t tag_set_count() const { return tag_sets_; }
  std::uint32_t python_count() const { return pythons_; }

  ProjectStatus status() const;
  std::string_view status_reason() const;
  std::vector<std::string> Warnings() const;

  std::uint64_t VersionHead(std::uint32_t version) const {
    return view_.Load<std::uint64_t>(heads_ + std::size_t{8} * version);
  }
  // The whole key of the version.
  std::string VersionKey(std::uint32_t version) const;
  std::string_view VersionText(std::uint32_t version) const;
  pypi::Version Version(std::uint32_t version) const;
  // The first version whose key is not below `key`; version_count() when there is none.
  std::uint32_t LowerBound(std::string_view key) const;

  VersionFacts FactsOfVersion(std::uint32_t version) const;
  // Two of the facts, for whoever goes through all versions.
  std::int64_t NewestUploadUs(std::uint32_t version) const;
  bool IsPrerelease(std::uint32_t version) const;
  FileFacts Facts(std::uint32_t file) const;
  std::string_view Filename(std::uint32_t file) const;
  std::string_view YankReason(std::uint32_t file) const;
  bool IsYankedByEmptyText(std::uint32_t file) const;  // see IndexFile
  // All that is known about a file.
  IndexFile File(std::uint32_t file) const;
  std::string_view TagSetText(std::uint32_t tag_set) const;  // "py3-none-any"
  std::string_view PythonText(std::uint32_t python) const;   // as the index gives it

  // The bytes, for whoever keeps them.
  std::string_view bytes() const { return bytes_; }

 private:
  Listing(std::string_view bytes, std::shared_ptr<const void> owner);
  // Negative, 0 or positive, as the version's key is below, equal to or above `key`.
  int CompareKey(std::uint32_t version, std::string_view key, std::uint64_t head) const;
  std::string Url(std::uint32_t packed, std::string_view filename) const;

  std::string_view bytes_;
  std::shared_ptr<const void> owner_;  // shared with whoever else reads the same memory
  PackedView view_;
  std::uint32_t versions_ = 0;
  std::uint32_t files_ = 0;
  std::uint32_t tag_sets_ = 1;
  std::uint32_t pythons_ = 1;
  // Offsets of columns.
  std::size_t heads_ = 0;
  std::size_t rows_ = 0;
  std::size_t facts_ = 0;
  std::size_t details_ = 0;
  std::size_t tables_ = 0;
};

inline Listing::VersionFacts Listing::FactsOfVersion(std::uint32_t version) const {
  using listing_layout::VersionRow;
  const std::size_t place = rows_ + sizeof(VersionRow) * version;
  const auto row = view_.Load<VersionRow>(place);
  const std::uint32_t end = version + 1 == versions_
                                ? files_
                                : view_.Load<VersionRow>(place + sizeof(VersionRow)).first_file;
  const std::uint32_t first = std::min(row.first_file, files_);
  const std::uint32_t shape = row.shape_and_prerelease / 2;
  return {.files = {first, std::clamp(end, first, files_)},
          .shape = shape < versions_ ? shape : 0,
          .newest_upload_us = row.newest_upload_us,
          .is_prerelease = row.shape_and_prerelease % 2 != 0};
}

// Asked about every version of every project.
inline std::int64_t Listing::NewestUploadUs(std::uint32_t version) const {
  using listing_layout::VersionRow;
  return view_.Load<std::int64_t>(rows_ + sizeof(VersionRow) * version +
                                  offsetof(VersionRow, newest_upload_us));
}

inline bool Listing::IsPrerelease(std::uint32_t version) const {
  using listing_layout::VersionRow;
  return view_.Load<std::uint32_t>(rows_ + sizeof(VersionRow) * version +
                                   offsetof(VersionRow, shape_and_prerelease)) %
             2 !=
         0;
}

inline Listing::FileFacts Listing::Facts(std::uint32_t file) const {
  const auto row =
      view_.Load<listing_layout::FactsRow>(facts_ + sizeof(listing_layout::FactsRow) * file);
  const std::uint32_t tag_set = row.tag_set_and_yank / 2;
  return {.upload_time_us = row.upload_time_us,
          .tag_set = tag_set < tag_sets_ ? tag_set : FileFacts::kSource,
          .python = row.python < pythons_ ? row.python : FileFacts::kNoPython,
          .is_yanked = row.tag_set_and_yank % 2 != 0};
}

}  // namespace flowstone::index
