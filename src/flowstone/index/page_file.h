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
