// What the JSON and the HTML form of a project page have in common: how a link and the facts beside
// it become an IndexFile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/project_page.h"
#include "flowstone/net/url.h"

namespace flowstone::index {

// The minor version of the protocol that is understood whole.
inline constexpr std::string_view kNewestMinorVersion = "4";

// kCorrupt for another major version than 1; a newer minor one is a warning. An empty version is
// 1.0 (PEP 629).
Status CheckApiVersion(std::string_view version, const net::Url& page_url,
                       std::vector<std::string>& warnings);

// A file at a link on a page; hashes in the fragment ("#sha256=…") are taken over. `filename` is
// what the page calls it; when that is empty it is the last segment of the link.
Result<IndexFile> MakeIndexFile(const net::Url& base, std::string_view link,
                                std::string_view filename);

// Reads the links of one page. Hundreds of them differ in nothing but plain words behind one host,
// or one directory, and those need not be taken apart and put together.
class LinkReader {
 public:
  // `page_url` outlives this.
  explicit LinkReader(const net::Url& page_url) : page_url_(page_url) {}

  // The URL of the file as MakeIndexFile has it; also fails for a name that no file can have.
  Result<std::string> Read(std::string_view link, std::string_view filename);

 private:
  const net::Url& page_url_;
  std::string start_;      // of the last link that was taken apart: "https://host/", "../../"
  std::string start_url_;  // what it means
};

// Takes over a hash; false when it is malformed. The first value of an algorithm counts.
bool AddHash(IndexFile& file, std::string_view algorithm, std::string_view hex);

// "2022-01-01T12:34:56.123456Z" (PEP 700), in microseconds since the Unix epoch.
std::optional<std::int64_t> ParseUploadTime(std::string_view text);

// "active", "archived", "deprecated" or "quarantined" (PEP 792); others count as active.
ProjectStatus ParseProjectStatus(std::string_view text);

// Whether a file name ends as those of distributions do.
bool HasDistributionSuffix(std::string_view filename);

// What is done to a page when all its files are known: the first of several entries of one file
// counts, and a quarantined project has no files.
void FinishPage(ProjectPage& page);

}  // namespace flowstone::index
