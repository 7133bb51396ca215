// ProjectPage: what an index says about one project: its files, and what is known about each
// without opening it. The value that PEP 691 JSON, PEP 503 HTML and directories of files all
// become.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/digest.h"

namespace flowstone::index {

struct FileHash {
  std::string algorithm;  // lower case, as the index names it: "md5", "sha512"
  std::string hex;
  friend bool operator==(const FileHash&, const FileHash&) = default;
};

// The index serves the file's METADATA beside it, at `<url>.metadata` (PEP 658).
struct MetadataOffer {
  std::optional<Digest> sha256;
  friend bool operator==(const MetadataOffer&, const MetadataOffer&) = default;
};

struct IndexFile {
  std::string filename;
  std::string url;  // absolute; without credentials and fragment
  std::optional<Digest> sha256;
  std::vector<FileHash> other_hashes = {};  // sorted by algorithm; without sha256
  // As the index gives it, which need not be a valid specifier set.
  std::optional<std::string> requires_python = {};
  std::optional<MetadataOffer> metadata = {};
  std::optional<std::string> yanked = {};  // the reason, which may be empty
  // It is yanked by JSON's `"yanked": ""`, which uv takes for a reason and pip for none.
  bool is_yanked_by_empty_text = false;
  std::optional<std::uint64_t> size = {};  // bytes
  // When it was published, in microseconds since the Unix epoch.
  std::optional<std::int64_t> upload_time_us = {};
  std::uint32_t source = 0;  // position in ProjectFiles::sources
  friend bool operator==(const IndexFile&, const IndexFile&) = default;
};

// PEP 792. A quarantined project has no files.
enum class ProjectStatus : std::uint8_t { kActive, kArchived, kDeprecated, kQuarantined };

struct ProjectPage {
  std::string name;  // as the page spells it; empty when it does not
  std::vector<IndexFile> files;
  ProjectStatus status = ProjectStatus::kActive;
  std::string status_reason = {};
  // What of the page could not be used, and why: one sentence each.
  std::vector<std::string> warnings = {};
  friend bool operator==(const ProjectPage&, const ProjectPage&) = default;
};

}  // namespace flowstone::index
