#include "flowstone/install/archive_plan.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

#include "flowstone/base/json_reader.h"
#include "flowstone/base/text.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kMagic = "flowstone-archive-plan 2 ";

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
    case FileOrigin::kCompiled:
      return 'c';
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
    case 'c':
      return FileOrigin::kCompiled;
    default:
      return std::nullopt;
  }
}

std::string KindText(const PlannedFile& file) {
  return {file.mode == 0555 ? 'x' : 'f', OriginLetter(file.origin)};
}

// Reads the document of a plan. Serialize writes every key in one order, so what is missing, twice
// or elsewhere is damage.
class PlanDocument {
 public:
  explicit PlanDocument(std::string_view body) : reader_(body) {}

  Result<ArchivePlan> Read() {
    if (!reader_.EnterObject()) {
      return Damaged("it is no JSON");
    }
    ArchivePlan plan;
    FLOWSTONE_LET(const std::string wheel, TextField("wheel"));
    const Result<Digest> digest = Digest::Parse(wheel);
    if (!digest) {
      return Damaged(digest.error().message);
    }
    plan.wheel = *digest;
    FLOWSTONE_LET(plan.name, TextField("name"));
    FLOWSTONE_LET(plan.version, TextField("version"));
    FLOWSTONE_LET(plan.dist_info, TextField("dist_info"));
    FLOWSTONE_LET(plan.tags, TextList("tags"));
    FLOWSTONE_LET(plan.warnings, TextList("warnings"));
    FLOWSTONE_LET(plan.climbing, TextList("climbing"));
    if (const auto bad = std::ranges::find_if_not(plan.climbing, IsPlainPath);
        bad != plan.climbing.end()) {
      return Damaged("the directory \"" + *bad + "\" has an impossible name");
    }
    FLOWSTONE_TRY(EnterList("directories"));
    while (reader_.NextElement()) {
      FLOWSTONE_LET(PlannedDirectory directory, Directory());
      plan.directories.push_back(std::move(directory));
    }
    const std::optional<std::string_view> last = reader_.NextKey();
    if (last == "bytecode") {
      const std::optional<std::string_view> tag = reader_.TakeString();
      plan.bytecode = tag.value_or("");
    }
    if ((last && (plan.bytecode.empty() || reader_.NextKey())) || !reader_.Finish()) {
      return Damaged("it is no JSON");
    }
    return plan;
  }

 private:
  bool IsNext(std::string_view key) { return reader_.NextKey() == key; }

  Result<std::string> TextField(std::string_view key) {
    const bool is_there = IsNext(key);
    const std::optional<std::string_view> value = reader_.TakeString();
    if (!is_there || !value) {
      return Damaged("no text \"" + std::string(key) + "\"");
    }
    return std::string(*value);
  }

  Status EnterList(std::string_view key) {
    if (!IsNext(key) || !reader_.EnterArray()) {
      return Damaged("no list \"" + std::string(key) + "\"");
    }
    return Ok();
  }

  Result<std::vector<std::string>> TextList(std::string_view key) {
    FLOWSTONE_TRY(EnterList(key));
    std::vector<std::string> values;
    while (reader_.NextElement()) {
      const std::optional<std::string_view> value = reader_.TakeString();
      if (!value) {
        return Damaged("\"" + std::string(key) + "\" holds something that is no text");
      }
      values.emplace_back(*value);
    }
    return values;
  }

  Result<PlannedDirectory> Directory() {
    PlannedDirectory directory;
    if (!reader_.EnterObject()) {
      return Damaged("a directory is no object");
    }
    FLOWSTONE_LET(directory.path, TextField("path"));
    if (!IsPlainPath(directory.path)) {
      return Damaged("the directory \"" + directory.path + "\" has an impossible name");
    }
    FLOWSTONE_TRY(EnterList("files"));
    while (reader_.NextElement()) {
      FLOWSTONE_LET(PlannedFile file, File());
      directory.files.push_back(std::move(file));
    }
    if (reader_.NextKey()) {
      return Damaged("the directory \"" + directory.path + "\" has more than files");
    }
    return directory;
  }

  // [name, size, sha256, kind]
  Result<PlannedFile> File() {
    PlannedFile file;
    const bool is_row = reader_.EnterArray();
    FLOWSTONE_LET(file.name, Cell());
    const std::optional<std::uint64_t> size =
        reader_.NextElement() ? reader_.TakeUnsigned() : std::nullopt;
    FLOWSTONE_LET(const std::string digest, Cell());
    FLOWSTONE_LET(const std::string kind, Cell());
    if (!is_row || !size || reader_.NextElement()) {
      return Damaged("a file is not [name, size, sha256, kind]");
    }
    const std::optional<FileOrigin> origin =
        kind.size() == 2 ? OriginOf(kind[1]) : std::optional<FileOrigin>();
    if (!IsPlainName(file.name) || !origin || (kind[0] != 'f' && kind[0] != 'x')) {
      return Damaged("the file \"" + file.name + "\" has an impossible name or kind");
    }
    const Result<Digest> parsed = Digest::Parse(digest);
    if (!parsed) {
      return Damaged(parsed.error().message);
    }
    file.size = *size;
    file.digest = *parsed;
    file.mode = kind[0] == 'x' ? 0555U : 0444U;
    file.origin = *origin;
    return file;
  }

  Result<std::string> Cell() {
    const std::optional<std::string_view> text =
        reader_.NextElement() ? reader_.TakeString() : std::nullopt;
    if (!text) {
      return Damaged("a file is not [name, size, sha256, kind]");
    }
    return std::string(*text);
  }

  JsonReader reader_;
};

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

bool ArchivePlan::Has(std::string_view directory, std::string_view file) const {
  const auto place = std::ranges::lower_bound(directories, directory, {}, &PlannedDirectory::path);
  return place != directories.end() && place->path == directory &&
         std::ranges::binary_search(place->files, file, {}, &PlannedFile::name);
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
  nlohmann::ordered_json document = {{"wheel", wheel.ToString()},
                                     {"name", name},
                                     {"version", version},
                                     {"dist_info", dist_info},
                                     {"tags", tags},
                                     {"warnings", warnings},
                                     {"climbing", climbing},
                                     {"directories", std::move(rows)}};
  if (!bytecode.empty()) {
    document["bytecode"] = bytecode;
  }
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
  return PlanDocument(body).Read();
}

}  // namespace flowstone::install
