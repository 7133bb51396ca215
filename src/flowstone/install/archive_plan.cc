#include "flowstone/install/archive_plan.h"

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kMagic = "flowstone-archive-plan 1 ";

Error Damaged(const std::string& what) {
  return {.code = ErrorCode::kCorrupt, .message = "the archive plan is damaged: " + what};
}

// One path component: what a plan may name.
bool IsPlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

bool IsPlainPath(std::string_view path) {
  const std::vector<std::string_view> parts = SplitText(path, '/');
  return std::all_of(parts.begin(), parts.end(), IsPlainName);
}

char OriginLetter(FileOrigin origin) {
  switch (origin) {
    case FileOrigin::kWheel:
      return 'w';
    case FileOrigin::kRewritten:
      return 'r';
    case FileOrigin::kGenerated:
      return 'g';
  }
  return 'w';
}

std::optional<FileOrigin> OriginOf(char letter) {
  switch (letter) {
    case 'w':
      return FileOrigin::kWheel;
    case 'r':
      return FileOrigin::kRewritten;
    case 'g':
      return FileOrigin::kGenerated;
    default:
      return std::nullopt;
  }
}

std::string KindText(const PlannedFile& file) {
  return {file.mode == 0555 ? 'x' : 'f', OriginLetter(file.origin)};
}

Result<std::string> TextField(const simdjson::dom::element& object, std::string_view key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) {
    return Damaged("no text \"" + std::string(key) + "\"");
  }
  return std::string(value);
}

Result<std::vector<std::string>> TextList(const simdjson::dom::element& object,
                                          std::string_view key) {
  simdjson::dom::array array;
  if (object[key].get(array) != simdjson::SUCCESS) {
    return Damaged("no list \"" + std::string(key) + "\"");
  }
  std::vector<std::string> values;
  for (const simdjson::dom::element element : array) {
    std::string_view value;
    if (element.get(value) != simdjson::SUCCESS) {
      return Damaged("\"" + std::string(key) + "\" holds something that is no text");
    }
    values.emplace_back(value);
  }
  return values;
}

// [name, size, sha256, kind]
Result<PlannedFile> ParseFile(const simdjson::dom::element& row) {
  std::string_view name;
  std::uint64_t size = 0;
  std::string_view digest;
  std::string_view kind;
  if (row.at(0).get(name) != simdjson::SUCCESS || row.at(1).get(size) != simdjson::SUCCESS ||
      row.at(2).get(digest) != simdjson::SUCCESS || row.at(3).get(kind) != simdjson::SUCCESS) {
    return Damaged("a file is not [name, size, sha256, kind]");
  }
  const std::optional<FileOrigin> origin =
      kind.size() == 2 ? OriginOf(kind[1]) : std::optional<FileOrigin>();
  if (!IsPlainName(name) || !origin || (kind[0] != 'f' && kind[0] != 'x')) {
    return Damaged("the file \"" + std::string(name) + "\" has an impossible name or kind");
  }
  const Result<Digest> parsed = Digest::Parse(digest);
  if (!parsed) {
    return Damaged(parsed.error().message);
  }
  return PlannedFile{.name = std::string(name),
                     .size = size,
                     .digest = *parsed,
                     .mode = kind[0] == 'x' ? 0555U : 0444U,
                     .origin = *origin};
}

Result<PlannedDirectory> ParseDirectory(const simdjson::dom::element& object) {
  PlannedDirectory directory;
  FLOWSTONE_LET(directory.path, TextField(object, "path"));
  if (!IsPlainPath(directory.path)) {
    return Damaged("the directory \"" + directory.path + "\" has an impossible name");
  }
  simdjson::dom::array files;
  if (object["files"].get(files) != simdjson::SUCCESS) {
    return Damaged("the directory \"" + directory.path + "\" has no files");
  }
  directory.files.reserve(files.size());
  for (const simdjson::dom::element row : files) {
    FLOWSTONE_LET(PlannedFile file, ParseFile(row));
    directory.files.push_back(std::move(file));
  }
  return directory;
}

}  // namespace

std::uint64_t ArchivePlan::TotalBytes() const {
  std::uint64_t total = 0;
  for (const PlannedDirectory& directory : directories) {
    for (const PlannedFile& file : directory.files) {
      total += file.size;
    }
  }
  return total;
}

std::size_t ArchivePlan::FileCount() const {
  std::size_t count = 0;
  for (const PlannedDirectory& directory : directories) {
    count += directory.files.size();
  }
  return count;
}

std::string ArchivePlan::Serialize() const {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const PlannedDirectory& directory : directories) {
    nlohmann::ordered_json files = nlohmann::ordered_json::array();
    for (const PlannedFile& file : directory.files) {
      files.push_back({file.name, file.size, file.digest.ToString(), KindText(file)});
    }
    rows.push_back({{"path", directory.path}, {"files", std::move(files)}});
  }
  const nlohmann::ordered_json document = {
      {"wheel", wheel.ToString()},     {"name", name}, {"version", version},
      {"dist_info", dist_info},        {"tags", tags}, {"warnings", warnings},
      {"directories", std::move(rows)}};
  const std::string body =
      document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return std::string(kMagic) + Digest::Of(body).ToString() + "\n" + body;
}

Result<ArchivePlan> ArchivePlan::Parse(std::string_view text) {
  const std::size_t header = kMagic.size() + 2 * Digest::kSize + 1;
  if (text.size() < header || text.substr(0, kMagic.size()) != kMagic) {
    return Damaged("it does not start with \"" + std::string(kMagic) + "\"");
  }
  const std::string_view body = text.substr(header);
  if (text.substr(kMagic.size(), 2 * Digest::kSize) != Digest::Of(body).ToString()) {
    return Damaged("its content does not have the digest in its first line");
  }
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(body.data(), body.size()).get(document) != simdjson::SUCCESS) {
    return Damaged("it is no JSON");
  }
  ArchivePlan plan;
  FLOWSTONE_LET(const std::string wheel, TextField(document, "wheel"));
  const Result<Digest> digest = Digest::Parse(wheel);
  if (!digest) {
    return Damaged(digest.error().message);
  }
  plan.wheel = *digest;
  FLOWSTONE_LET(plan.name, TextField(document, "name"));
  FLOWSTONE_LET(plan.version, TextField(document, "version"));
  FLOWSTONE_LET(plan.dist_info, TextField(document, "dist_info"));
  FLOWSTONE_LET(plan.tags, TextList(document, "tags"));
  FLOWSTONE_LET(plan.warnings, TextList(document, "warnings"));
  simdjson::dom::array directories;
  if (document["directories"].get(directories) != simdjson::SUCCESS) {
    return Damaged("no list \"directories\"");
  }
  for (const simdjson::dom::element element : directories) {
    FLOWSTONE_LET(PlannedDirectory directory, ParseDirectory(element));
    plan.directories.push_back(std::move(directory));
  }
  return plan;
}

}  // namespace flowstone::install
