#include "flowstone/lock/lock_reader.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/error.h"
#include "flowstone/base/hex.h"
#include "flowstone/base/text.h"
#include "flowstone/lock/canonical_packages.h"
#include "flowstone/lock/conflict_reader.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/lock/toml_library.h"
#include "flowstone/lock/toml_table.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::lock {
namespace {

constexpr std::pair<std::string_view, DirectKind> kDirectKeys[] = {
    {"vcs", DirectKind::kVcs},
    {"directory", DirectKind::kDirectory},
    {"archive", DirectKind::kArchive}};

// "pylock.NAME.toml"
constexpr std::string_view kFileNameStem = "pylock.";
constexpr std::string_view kFileNameSuffix = ".toml";

Result<pypi::Marker> ParseLockMarker(std::string_view text) {
  return pypi::Marker::Parse(text, pypi::MarkerVariables::kLockFile);
}

Result<pypi::Marker> ParseEnvironment(std::string_view text) {
  return pypi::Marker::Parse(text);
}

// PEP 751 wants names normalised: another spelling could hide a second entry of one package.
Result<pypi::Name> ParseNormalizedName(std::string_view text) {
  FLOWSTONE_LET(pypi::Name name, pypi::Name::Parse(text));
  if (name.ToString() != text) {
    return Error{ErrorCode::kInvalid, "the name '" + std::string(text) +
                                          "' is not normalised: it should be '" + name.ToString() +
                                          "'"};
  }
  return name;
}

// What follows the last "/", without query and fragment, percent-decoded.
std::string LastSegment(std::string_view place) {
  place = place.substr(0, place.find_first_of("?#"));
  place = place.substr(place.rfind('/') + 1);
  std::string name;
  for (std::size_t i = 0; i < place.size(); ++i) {
    const std::optional<std::string> byte =
        place[i] == '%' && i + 2 < place.size() ? HexDecode(place.substr(i + 1, 2)) : std::nullopt;
    if (byte) {
      name += *byte;
      i += 2;
    } else {
      name += place[i];
    }
  }
  return name;
}

Result<std::map<std::string, std::string>> ReadHashes(const TomlTable& file) {
  FLOWSTONE_LET(const std::optional<TomlTable> table, file.Table("hashes"));
  if (!table) {
    return file.Wrong("", "the key hashes is missing");
  }
  FLOWSTONE_LET(const auto texts, table->AllTexts());
  std::map<std::string, std::string> hashes;
  for (const auto& [algorithm, text] : texts) {
    std::string hex = AsciiLower(text);
    if (hex.empty() || !HexDecode(hex)) {
      return table->Wrong(algorithm, "must be hexadecimal digits");
    }
    if (algorithm == "sha256" && !Digest::Parse(hex)) {
      return table->Wrong(algorithm, "must be 64 hexadecimal digits");
    }
    hashes.emplace(AsciiLower(algorithm), std::move(hex));
  }
  if (hashes.empty()) {
    return file.Wrong("hashes", "must have at least one hash");
  }
  return hashes;
}

enum class Hashes { kRequired, kAbsent };

Result<LockedFile> ReadFile(const TomlTable& table, Hashes hashes) {
  LockedFile file;
  FLOWSTONE_LET(file.url, table.Text("url"));
  FLOWSTONE_LET(file.path, table.Text("path"));
  if (file.url.value_or("").empty() && file.path.value_or("").empty()) {
    return table.Wrong("", "either url or path must be given");
  }
  FLOWSTONE_LET(std::optional<std::string> name, table.Text("name"));
  file.name = name ? *std::move(name) : LastSegment(file.path ? *file.path : *file.url);
  if (file.name.find('/') != std::string::npos) {
    return table.Wrong("name", "must be a file name, without a directory");
  }
  FLOWSTONE_LET(file.size, table.Number("size"));
  FLOWSTONE_LET(file.upload_time_us, table.Moment("upload-time"));
  if (hashes == Hashes::kRequired) {
    FLOWSTONE_LET(file.hashes, ReadHashes(table));
  }
  return file;
}

// The file must be what the package entry says it is.
template <class FileName>
Status CheckFileName(const TomlTable& table, const Result<FileName>& parsed,
                     const LockedPackage& package, const std::string& file_name) {
  if (!parsed) {
    return table.Wrong("", parsed.error().message);
  }
  if (parsed->name != package.name) {
    return table.Wrong(
        "", "the file " + file_name + " is not of the package " + package.name.ToString());
  }
  if (package.version && parsed->version != *package.version) {
    return table.Wrong(
        "", "the file " + file_name + " is not of version " + package.version->ToString());
  }
  return Ok();
}

Status ReadIndexFiles(const TomlTable& table, LockedPackage& package) {
  FLOWSTONE_LET(const std::optional<TomlTable> sdist, table.Table("sdist"));
  if (sdist) {
    FLOWSTONE_LET(package.sdist, ReadFile(*sdist, Hashes::kRequired));
    const auto name = pypi::SdistName::ParseFor(package.name, package.sdist->name);
    FLOWSTONE_TRY(CheckFileName(*sdist, name, package, package.sdist->name));
  }
  FLOWSTONE_LET(const std::vector<TomlTable> wheels, table.Tables("wheels"));
  for (const TomlTable& wheel : wheels) {
    FLOWSTONE_LET(LockedFile file, ReadFile(wheel, Hashes::kRequired));
    FLOWSTONE_TRY(CheckFileName(wheel, pypi::WheelName::Parse(file.name), package, file.name));
    package.wheels.push_back(std::move(file));
  }
  return Ok();
}

Result<DirectSource> ReadDirect(const TomlTable& table, DirectKind kind) {
  DirectSource direct{.kind = kind};
  FLOWSTONE_LET(direct.file, ReadFile(table, kind == DirectKind::kArchive ? Hashes::kRequired
                                                                          : Hashes::kAbsent));
  FLOWSTONE_LET(const std::optional<std::string> subdirectory, table.Text("subdirectory"));
  direct.subdirectory = subdirectory.value_or("");
  if (kind == DirectKind::kDirectory) {
    FLOWSTONE_TRY(table.RequiredText("path"));
    FLOWSTONE_LET(direct.editable, table.Truth("editable"));
  }
  if (kind == DirectKind::kVcs) {
    FLOWSTONE_LET(direct.vcs_type, table.RequiredText("type"));
    FLOWSTONE_LET(direct.commit_id, table.RequiredText("commit-id"));
    FLOWSTONE_LET(const std::optional<std::string> revision, table.Text("requested-revision"));
    direct.requested_revision = revision.value_or("");
    if (direct.vcs_type.empty() || direct.commit_id.empty()) {
      return table.Wrong(direct.vcs_type.empty() ? "type" : "commit-id", "must not be empty");
    }
  }
  return direct;
}

Status ReadSources(const TomlTable& table, LockedPackage& package) {
  FLOWSTONE_TRY(ReadIndexFiles(table, package));
  for (const auto& [key, kind] : kDirectKeys) {
    FLOWSTONE_LET(const std::optional<TomlTable> source, table.Table(key));
    if (!source) {
      continue;
    }
    if (package.direct || package.sdist || !package.wheels.empty()) {
      return table.Wrong(key, "the package has another source already");
    }
    FLOWSTONE_LET(package.direct, ReadDirect(*source, kind));
  }
  if (!package.direct && !package.sdist && package.wheels.empty()) {
    return table.Wrong("",
                       "the package has no source: none of wheels, sdist, archive, directory "
                       "and vcs is given");
  }
  return Ok();
}

Result<std::vector<LockedDependency>> ReadDependencies(const TomlTable& table) {
  FLOWSTONE_LET(const std::vector<TomlTable> entries, table.Tables("dependencies"));
  std::vector<LockedDependency> dependencies;
  for (const TomlTable& entry : entries) {
    // Only informative, and free in form (PEP 751): what has no name says nothing to us.
    FLOWSTONE_LET(const auto name, entry.Parsed<pypi::Name>("name", pypi::Name::Parse));
    FLOWSTONE_LET(auto version, entry.Parsed<pypi::Version>("version", pypi::Version::Parse));
    if (name) {
      dependencies.push_back({*name, std::move(version)});
    }
  }
  return dependencies;
}

Result<LockedPackage> ReadPackage(const TomlTable& table) {
  FLOWSTONE_TRY(table.RequiredText("name"));
  FLOWSTONE_LET(const auto name, table.Parsed<pypi::Name>("name", ParseNormalizedName));
  LockedPackage package{.name = *name};
  FLOWSTONE_LET(package.version, table.Parsed<pypi::Version>("version", pypi::Version::Parse));
  FLOWSTONE_LET(const auto marker, table.Parsed<pypi::Marker>("marker", ParseLockMarker));
  package.marker = marker.value_or(pypi::Marker());
  FLOWSTONE_LET(const auto python,
                table.Parsed<pypi::SpecifierSet>("requires-python", pypi::SpecifierSet::Parse));
  package.requires_python = python.value_or(pypi::SpecifierSet());
  FLOWSTONE_LET(package.dependencies, ReadDependencies(table));
  FLOWSTONE_LET(const std::optional<std::string> index, table.Text("index"));
  package.index = index.value_or("");
  FLOWSTONE_TRY(ReadSources(table, package));
  return package;
}

Result<std::vector<LockedWish>> ReadWishes(const TomlTable& table, std::string_view key) {
  FLOWSTONE_LET(const std::vector<TomlTable> rows, table.Tables(key));
  std::vector<LockedWish> wishes;
  for (const TomlTable& row : rows) {
    LockedWish wish;
    FLOWSTONE_LET(wish.text, row.RequiredText("text"));
    FLOWSTONE_LET(wish.origins, row.Texts("from"));
    wishes.push_back(std::move(wish));
  }
  return wishes;
}

Result<std::map<std::string, std::string>> ReadTexts(const TomlTable& parent,
                                                     std::string_view key) {
  FLOWSTONE_LET(const std::optional<TomlTable> table, parent.Table(key));
  std::map<std::string, std::string> texts;
  if (table) {
    FLOWSTONE_LET(auto entries, table->AllTexts());
    for (auto& [name, text] : entries) {
      texts.emplace(std::move(name), std::move(text));
    }
  }
  return texts;
}

// Version 0.1.0 wrote one request and one target.
Status ReadTargets(const TomlTable& table, ToolTable& tool) {
  FLOWSTONE_LET(tool.requests, table.ParsedList<Digest>("requests", Digest::Parse));
  FLOWSTONE_LET(const std::optional<Digest> request,
                table.Parsed<Digest>("request", Digest::Parse));
  if (request) {
    tool.requests.push_back(*request);
  }
  FLOWSTONE_LET(tool.targets, table.Texts("targets"));
  FLOWSTONE_LET(const std::optional<std::string> target, table.Text("target"));
  if (target) {
    tool.targets.push_back(*target);
  }
  return Ok();
}

Status ReadCutOffs(const TomlTable& table, ToolTable& tool) {
  FLOWSTONE_LET(const std::optional<std::string> newest, table.Text("exclude-newer"));
  tool.exclude_newer = newest.value_or("");
  FLOWSTONE_LET(const auto packages, ReadTexts(table, "exclude-newer-package"));
  for (const auto& [text, date] : packages) {
    const Result<pypi::Name> name = ParseNormalizedName(text);
    if (!name) {
      return table.Wrong("exclude-newer-package", name.error().message);
    }
    tool.exclude_newer_packages.emplace(*name, date);
  }
  return Ok();
}

Result<std::map<std::string, std::vector<std::string>>> ReadLists(const TomlTable& parent,
                                                                  std::string_view key) {
  std::map<std::string, std::vector<std::string>> lists;
  FLOWSTONE_LET(const std::optional<TomlTable> table, parent.Table(key));
  if (table) {
    for (const std::string& name : table->Keys()) {
      FLOWSTONE_LET(lists[name], table->Texts(name));
    }
  }
  return lists;
}

Result<std::optional<ToolTable>> ReadTool(const TomlTable& document) {
  FLOWSTONE_LET(const std::optional<TomlTable> tools, document.Table("tool"));
  if (!tools) {
    return std::optional<ToolTable>();
  }
  FLOWSTONE_LET(const std::optional<TomlTable> table, tools->Table("flowstone"));
  if (!table) {
    return std::optional<ToolTable>();
  }
  ToolTable tool;
  FLOWSTONE_LET(const std::optional<std::string> version, table->Text("version"));
  tool.version = version.value_or("");
  FLOWSTONE_LET(const std::optional<std::string> flow, table->Text("flow"));
  tool.flow = flow.value_or("");
  FLOWSTONE_LET(tool.steps, table->Texts("steps"));
  FLOWSTONE_TRY(ReadTargets(*table, tool));
  FLOWSTONE_TRY(ReadCutOffs(*table, tool));
  FLOWSTONE_LET(tool.requested, table->ParsedList<pypi::Name>("requested", ParseNormalizedName));
  FLOWSTONE_LET(tool.requirements, ReadWishes(*table, "requirements"));
  FLOWSTONE_LET(tool.constraints, ReadWishes(*table, "constraints"));
  FLOWSTONE_LET(tool.overrides, ReadWishes(*table, "overrides"));
  FLOWSTONE_LET(tool.excludes, ReadWishes(*table, "excludes"));
  FLOWSTONE_LET(tool.conflicts, ReadConflicts(*table, "conflicts"));
  FLOWSTONE_LET(tool.build_constraints, ReadWishes(*table, "build-constraints"));
  FLOWSTONE_LET(tool.config_settings, ReadLists(*table, "config-settings"));
  FLOWSTONE_LET(tool.build_requirements, ReadLists(*table, "build-requirements"));
  FLOWSTONE_LET(tool.runtime_build_requirements, ReadLists(*table, "runtime-build-requirements"));
  FLOWSTONE_LET(tool.build_variables, ReadLists(*table, "build-variables"));
  FLOWSTONE_LET(tool.options, ReadTexts(*table, "options"));
  FLOWSTONE_LET(tool.indexes, ReadTexts(*table, "indexes"));
  return std::optional(std::move(tool));
}

Status CheckLockVersion(const TomlTable& document) {
  FLOWSTONE_LET(const std::string text, document.RequiredText("lock-version"));
  const Result<pypi::Version> version = pypi::Version::Parse(text);
  if (!version) {
    return document.Wrong("lock-version", "'" + text + "' is no version");
  }
  // A newer minor version only adds what may be ignored.
  if (version->release(0) != 1) {
    return document.Wrong("lock-version",
                          "version " + text + " of the format is not supported, only 1.x is");
  }
  return Ok();
}

Result<Lock> ReadDocument(const TomlTable& document) {
  FLOWSTONE_TRY(CheckLockVersion(document));
  Lock lock;
  FLOWSTONE_LET(lock.created_by, document.RequiredText("created-by"));
  FLOWSTONE_LET(const auto python,
                document.Parsed<pypi::SpecifierSet>("requires-python", pypi::SpecifierSet::Parse));
  lock.requires_python = python.value_or(pypi::SpecifierSet());
  FLOWSTONE_LET(lock.environments,
                document.ParsedList<pypi::Marker>("environments", ParseEnvironment));
  FLOWSTONE_LET(lock.extras,
                document.ParsedList<pypi::ExtraName>("extras", pypi::ExtraName::Parse));
  FLOWSTONE_LET(lock.dependency_groups,
                document.ParsedList<pypi::GroupName>("dependency-groups", pypi::GroupName::Parse));
  FLOWSTONE_LET(lock.default_groups,
                document.ParsedList<pypi::GroupName>("default-groups", pypi::GroupName::Parse));
  if (!document.Has("packages")) {
    return document.Wrong("", "the key packages is missing");
  }
  FLOWSTONE_LET(const std::vector<TomlTable> packages, document.Tables("packages"));
  for (const TomlTable& table : packages) {
    FLOWSTONE_LET(LockedPackage package, ReadPackage(table));
    lock.packages.push_back(std::move(package));
  }
  FLOWSTONE_LET(lock.tool, ReadTool(document));
  return lock;
}

// The lock, when its text is what WriteLock makes of it.
std::optional<Lock> ReadCanonically(std::string_view text) {
  const std::optional<LockParts> parts = PartsOfLock(text);
  if (!parts) {
    return std::nullopt;
  }
  // First, for it refuses most locks of other tools at their first package.
  std::optional<std::vector<LockedPackage>> packages = ReadCanonicalPackages(parts->packages);
  if (!packages) {
    return std::nullopt;
  }
  const std::string rest = std::string(parts->head) + "packages = []\n" + std::string(parts->tail);
  const Result<toml::table> document = ParseToml(rest);
  if (!document) {
    return std::nullopt;
  }
  Result<Lock> lock = ReadDocument(TomlTable(*document, ""));
  if (!lock) {
    return std::nullopt;
  }
  lock->packages = *std::move(packages);
  return WriteLock(*lock) == text ? std::optional(*std::move(lock)) : std::nullopt;
}

}  // namespace

Result<Lock> ParseLock(std::string_view text) {
  if (std::optional<Lock> lock = ReadCanonically(text)) {
    return *std::move(lock);
  }
  FLOWSTONE_LET(const toml::table document, ParseToml(text));
  return ReadDocument(TomlTable(document, ""));
}

std::optional<pypi::SpecifierSet> WrittenPython(std::string_view text) {
  constexpr std::string_view key = "requires-python = \"";
  for (std::string_view rest = text; !rest.empty() && !rest.starts_with('[');) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with(key)) {
      const std::string_view value = line.substr(key.size());
      if (value.find_first_of("\"\\") + 1 != value.size() || !value.ends_with('"')) {
        return std::nullopt;
      }
      Result<pypi::SpecifierSet> python =
          pypi::SpecifierSet::Parse(value.substr(0, value.size() - 1));
      return python ? std::optional(*std::move(python)) : std::nullopt;
    }
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return std::nullopt;
}

bool IsLockFileName(std::string_view file_name) {
  if (file_name == "pylock.toml") {
    return true;
  }
  if (!file_name.starts_with(kFileNameStem) || !file_name.ends_with(kFileNameSuffix) ||
      file_name.size() <= kFileNameStem.size() + kFileNameSuffix.size()) {
    return false;
  }
  const std::string_view name = file_name.substr(
      kFileNameStem.size(), file_name.size() - kFileNameStem.size() - kFileNameSuffix.size());
  return name.find('.') == std::string_view::npos;
}

}  // namespace flowstone::lock
