// Reads uv.lock, versions 1.x: a graph of packages with the files of each.
#include <algorithm>
#include <array>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/lock/url_credentials.h"
#include "flowstone/net/url.h"
#include "flowstone/os/path.h"
#include "flowstone/project/foreign_lock.h"
#include "flowstone/project/lock_graph.h"
#include "flowstone/project/lock_markers.h"
#include "flowstone/project/toml_text.h"

namespace flowstone::project {
namespace {

using lock::LockedFile;
using lock::LockedPackage;
using lock::TomlTable;

constexpr std::uint64_t kUvLockVersion = 1;

// Where a package comes from: exactly one of these keys.
struct UvPackageSource {
  std::string kind;   // "registry", "git", "url", "path", "directory", "editable", "virtual"
  std::string place;  // its value
  std::string subdirectory = {};

  friend bool operator==(const UvPackageSource&, const UvPackageSource&) = default;
};

struct UvPackage {
  TomlTable table;
  LockedPackage locked;
  UvPackageSource source;
  pypi::Marker forks;  // the resolution-markers: only there this entry is the one of its name
};

Result<UvPackageSource> PackageSourceOf(const TomlTable& package) {
  FLOWSTONE_LET(const std::optional<TomlTable> table, package.Table("source"));
  if (!table) {
    return package.Wrong("", "the key source is missing");
  }
  constexpr std::array<std::string_view, 7> kinds = {"registry",  "git",      "url",    "path",
                                                     "directory", "editable", "virtual"};
  UvPackageSource source;
  for (const std::string_view kind : kinds) {
    if (table->Has(kind)) {
      FLOWSTONE_LET(const std::optional<std::string> place, table->Text(kind));
      source.kind = kind;
      source.place = *place;
    }
  }
  if (source.kind.empty()) {
    return table->Wrong("", "the source is of a kind that is not known");
  }
  FLOWSTONE_LET(std::optional<std::string> subdirectory, table->Text("subdirectory"));
  source.subdirectory = std::move(subdirectory).value_or("");
  return source;
}

std::string FileNameOf(const std::string& place) {
  const std::string path = place.substr(0, place.find_first_of("?#"));
  return net::PercentDecode(path.substr(path.rfind('/') + 1));
}

Status ReadUvHash(const TomlTable& table, LockedFile& file) {
  FLOWSTONE_LET(const auto hash, table.Parsed<FileHash>("hash", ParseFileHash));
  if (hash) {
    file.hashes[hash->algorithm] = hash->hex;
  }
  return Ok();
}

// A file of a registry, or of a package that is one file.
Result<LockedFile> ReadUvFile(const TomlTable& table, const UvPackageSource& source) {
  LockedFile file;
  FLOWSTONE_LET(const std::optional<std::string> url, table.Text("url"));
  FLOWSTONE_LET(const std::optional<std::string> path, table.Text("path"));
  FLOWSTONE_LET(const std::optional<std::string> name, table.Text("filename"));
  if (url) {
    file.url = lock::WithoutCredentials(*url);
  } else if (path) {
    file.path = source.kind == "registry" ? os::JoinPath(source.place, *path) : *path;
  } else if (source.kind == "url") {
    file.url = lock::WithoutCredentials(source.place);
  } else {
    file.path = source.place;
  }
  file.name = name ? *name : FileNameOf(file.url ? *file.url : *file.path);
  FLOWSTONE_LET(file.size, table.Number("size"));
  FLOWSTONE_LET(const std::optional<std::string> uploaded, table.Text("upload-time"));
  if (uploaded) {
    file.upload_time_us = lock::ParseTimestamp(*uploaded);
    if (!file.upload_time_us) {
      return table.Wrong("upload-time", "'" + *uploaded + "' is no time");
    }
  }
  FLOWSTONE_TRY(ReadUvHash(table, file));
  return file;
}

// "https://host/repository?tag=v1&subdirectory=py#COMMIT"
Result<lock::DirectSource> GitSource(const TomlTable& package, const UvPackageSource& source) {
  lock::DirectSource direct{.kind = lock::DirectKind::kVcs, .vcs_type = "git"};
  const std::size_t hash = source.place.find('#');
  if (hash == std::string::npos) {
    return package.Wrong("source", "the repository has no commit");
  }
  direct.commit_id = source.place.substr(hash + 1);
  const std::string address = source.place.substr(0, hash);
  const std::size_t query = std::min(address.find('?'), address.size());
  direct.file.url = lock::WithoutCredentials(address.substr(0, query));
  if (query < address.size()) {
    for (const std::string_view field :
         SplitText(std::string_view(address).substr(query + 1), '&')) {
      const std::size_t equals = std::min(field.find('='), field.size());
      const std::string_view key = field.substr(0, equals);
      const std::string value =
          net::PercentDecode(field.substr(std::min(equals + 1, field.size())));
      if (key == "rev" || key == "tag" || key == "branch") {
        direct.requested_revision = value;
      } else if (key == "subdirectory") {
        direct.subdirectory = value;
      }
    }
  }
  return direct;
}

// The file of a package that is one file: its only wheel, or its sdist.
Result<lock::DirectSource> ArchiveSource(const TomlTable& package, const UvPackageSource& source) {
  lock::DirectSource direct{.kind = lock::DirectKind::kArchive,
                            .subdirectory = source.subdirectory};
  FLOWSTONE_LET(std::vector<TomlTable> files, package.Tables("wheels"));
  FLOWSTONE_LET(const std::optional<TomlTable> sdist, package.Table("sdist"));
  if (sdist) {
    files.push_back(*sdist);
  }
  if (files.size() != 1) {
    return package.Wrong("", "a package that is one file must have exactly one");
  }
  FLOWSTONE_LET(direct.file, ReadUvFile(files.front(), source));
  return direct;
}

Status ReadUvFiles(const TomlTable& package, const UvPackageSource& source, LockedPackage& locked) {
  if (source.kind == "registry") {
    if (source.place.find("://") != std::string::npos) {
      locked.index = lock::WithoutCredentials(source.place);
    }
    FLOWSTONE_LET(const std::optional<TomlTable> sdist, package.Table("sdist"));
    if (sdist) {
      FLOWSTONE_LET(locked.sdist, ReadUvFile(*sdist, source));
    }
    FLOWSTONE_LET(const std::vector<TomlTable> wheels, package.Tables("wheels"));
    for (const TomlTable& wheel : wheels) {
      FLOWSTONE_LET(LockedFile file, ReadUvFile(wheel, source));
      locked.wheels.push_back(std::move(file));
    }
  } else if (source.kind == "git") {
    FLOWSTONE_LET(locked.direct, GitSource(package, source));
  } else if (source.kind == "url" || source.kind == "path") {
    FLOWSTONE_LET(locked.direct, ArchiveSource(package, source));
  } else {
    locked.direct = lock::DirectSource{.kind = lock::DirectKind::kDirectory,
                                       .file = {.name = "", .path = source.place},
                                       .editable = source.kind == "editable"};
  }
  return Ok();
}

class UvLockReader {
 public:
  explicit UvLockReader(const TomlTable& document) : document_(document) {}

  Result<ForeignLock> Read();

 private:
  Status CheckVersion() const;
  Status ReadPackages();
  Result<UvPackage> ReadPackage(const TomlTable& table) const;
  // The packages that the lock is of: the project itself, or the members of a workspace without
  // one.
  std::vector<std::size_t> RootPackages() const;
  Result<std::vector<LockGraph::Edge>> EdgesOf(const TomlTable& table, std::string_view key);
  Status AddEdges(std::size_t index);
  Status AddRoots(std::size_t index);
  Status AddScriptRoots();

  const TomlTable& document_;
  std::vector<UvPackage> packages_;
  pypi::Name project_;  // empty for the lock of a script
  LockGraph graph_;
  lock::Lock lock_;
};

Status UvLockReader::CheckVersion() const {
  FLOWSTONE_LET(const std::optional<std::uint64_t> version, document_.Number("version"));
  if (version != kUvLockVersion) {
    return document_.Wrong(
        version ? "version" : "",
        version ? "version " + std::to_string(*version) + " of the format is not known, only 1 is"
                : "the key version is missing: this is no uv.lock");
  }
  return Ok();
}

Result<UvPackage> UvLockReader::ReadPackage(const TomlTable& table) const {
  FLOWSTONE_TRY(table.RequiredText("name"));
  FLOWSTONE_LET(const auto name, table.Parsed<pypi::Name>("name", pypi::Name::Parse));
  UvPackage package{.table = table, .locked = {.name = *name}, .source = {}, .forks = {}};
  FLOWSTONE_LET(package.locked.version,
                table.Parsed<pypi::Version>("version", pypi::Version::Parse));
  FLOWSTONE_LET(package.source, PackageSourceOf(table));
  FLOWSTONE_TRY(ReadUvFiles(table, package.source, package.locked));
  FLOWSTONE_LET(const auto forks,
                table.ParsedList<pypi::Marker>("resolution-markers", [&](std::string_view text) {
                  return ParseMarkerOfLock(text, project_);
                }));
  for (const pypi::Marker& fork : forks) {
    package.forks = &fork == &forks.front() ? fork : pypi::Marker::Or(package.forks, fork);
  }
  return package;
}

Status UvLockReader::ReadPackages() {
  FLOWSTONE_LET(const std::vector<TomlTable> tables, document_.Tables("package"));
  for (const TomlTable& table : tables) {
    FLOWSTONE_LET(const UvPackageSource source, PackageSourceOf(table));
    const bool is_here = source.place == "." && source.kind != "registry";
    FLOWSTONE_LET(const auto name, table.Parsed<pypi::Name>("name", pypi::Name::Parse));
    if (is_here && name) {
      project_ = *name;
    }
  }
  for (const TomlTable& table : tables) {
    FLOWSTONE_LET(UvPackage package, ReadPackage(table));
    packages_.push_back(std::move(package));
  }
  return Ok();
}

std::vector<std::size_t> UvLockReader::RootPackages() const {
  std::vector<std::size_t> here;
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    const UvPackageSource& source = packages_[i].source;
    const bool is_local = source.kind == "virtual" || source.kind == "editable";
    if (source.place == "." && (is_local || source.kind == "directory")) {
      here.push_back(i);
    } else if (is_local) {
      members.push_back(i);
    }
  }
  return here.empty() ? members : here;
}

Result<std::vector<LockGraph::Edge>> UvLockReader::EdgesOf(const TomlTable& table,
                                                           std::string_view key) {
  std::vector<LockGraph::Edge> edges;
  FLOWSTONE_LET(const std::vector<TomlTable> entries, table.Tables(key));
  for (const TomlTable& entry : entries) {
    FLOWSTONE_TRY(entry.RequiredText("name"));
    FLOWSTONE_LET(const auto name, entry.Parsed<pypi::Name>("name", pypi::Name::Parse));
    FLOWSTONE_LET(const auto version, entry.Parsed<pypi::Version>("version", pypi::Version::Parse));
    std::optional<UvPackageSource> source;
    if (entry.Has("source")) {
      FLOWSTONE_LET(source, PackageSourceOf(entry));
    }
    FLOWSTONE_LET(const auto marker,
                  entry.Parsed<pypi::Marker>("marker", [&](std::string_view text) {
                    return ParseMarkerOfLock(text, project_);
                  }));
    // Requirements of a script spell the key "extras".
    FLOWSTONE_LET(const auto extras,
                  entry.ParsedList<pypi::ExtraName>(entry.Has("extra") ? "extra" : "extras",
                                                    pypi::ExtraName::Parse));
    const std::size_t before = edges.size();
    for (std::size_t i = 0; i < packages_.size(); ++i) {
      const UvPackage& package = packages_[i];
      if (package.locked.name == *name && (!version || package.locked.version == version) &&
          (!source || package.source == *source)) {
        edges.push_back(
            {.package = i,
             .extras = extras,
             .marker = pypi::Marker::And(marker.value_or(pypi::Marker()), package.forks)});
      }
    }
    if (edges.size() == before) {
      return entry.Wrong("", "the package " + name->ToString() + " is not in the lock");
    }
  }
  return edges;
}

Status UvLockReader::AddEdges(std::size_t index) {
  const TomlTable table = packages_[index].table;
  FLOWSTONE_LET(std::vector<LockGraph::Edge> edges, EdgesOf(table, "dependencies"));
  for (LockGraph::Edge& edge : edges) {
    packages_[index].locked.dependencies.push_back(
        {packages_[edge.package].locked.name, packages_[edge.package].locked.version});
    graph_.AddDependency(index, std::nullopt, std::move(edge));
  }
  FLOWSTONE_LET(const std::optional<TomlTable> extras, table.Table("optional-dependencies"));
  if (!extras) {
    return Ok();
  }
  for (const std::string& key : extras->Keys()) {
    const Result<pypi::ExtraName> extra = pypi::ExtraName::Parse(key);
    if (!extra) {
      return extras->Wrong(key, extra.error().message);
    }
    FLOWSTONE_LET(edges, EdgesOf(*extras, key));
    for (LockGraph::Edge& edge : edges) {
      graph_.AddDependency(index, *extra, std::move(edge));
    }
  }
  return Ok();
}

Status UvLockReader::AddRoots(std::size_t index) {
  const TomlTable table = packages_[index].table;
  graph_.AddRoot({.package = index});
  FLOWSTONE_LET(const std::optional<TomlTable> extras, table.Table("optional-dependencies"));
  for (const std::string& key : extras ? extras->Keys() : std::vector<std::string>()) {
    FLOWSTONE_LET(const pypi::ExtraName extra, pypi::ExtraName::Parse(key));
    lock_.extras.push_back(extra);
    graph_.AddRoot({.package = index, .extras = {extra}, .marker = WhenExtra(extra)});
  }
  FLOWSTONE_LET(const std::optional<TomlTable> groups, table.Table("dev-dependencies"));
  for (const std::string& key : groups ? groups->Keys() : std::vector<std::string>()) {
    const Result<pypi::GroupName> group = pypi::GroupName::Parse(key);
    if (!group) {
      return groups->Wrong(key, group.error().message);
    }
    lock_.dependency_groups.push_back(*group);
    FLOWSTONE_LET(std::vector<LockGraph::Edge> edges, EdgesOf(*groups, key));
    for (LockGraph::Edge& edge : edges) {
      edge.marker = pypi::Marker::And(edge.marker, WhenGroup(*group));
      graph_.AddRoot(std::move(edge));
    }
  }
  return Ok();
}

// The lock of a script has its requirements in [manifest].
Status UvLockReader::AddScriptRoots() {
  FLOWSTONE_LET(const std::optional<TomlTable> manifest, document_.Table("manifest"));
  if (manifest) {
    FLOWSTONE_LET(std::vector<LockGraph::Edge> edges, EdgesOf(*manifest, "requirements"));
    for (LockGraph::Edge& edge : edges) {
      graph_.AddRoot(std::move(edge));
    }
  }
  return Ok();
}

template <class Names>
void SortOnce(Names& names) {
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
}

Result<ForeignLock> UvLockReader::Read() {
  FLOWSTONE_TRY(CheckVersion());
  FLOWSTONE_LET(const auto python,
                document_.Parsed<pypi::SpecifierSet>("requires-python", pypi::SpecifierSet::Parse));
  lock_.requires_python = python.value_or(pypi::SpecifierSet());
  lock_.created_by = "uv";
  FLOWSTONE_TRY(ReadPackages());
  for (std::size_t i = 0; i < packages_.size(); ++i) {
    FLOWSTONE_TRY(AddEdges(i));
  }
  for (const std::size_t root : RootPackages()) {
    FLOWSTONE_TRY(AddRoots(root));
  }
  FLOWSTONE_TRY(AddScriptRoots());
  SortOnce(lock_.extras);
  SortOnce(lock_.dependency_groups);
  // uv installs the group dev unless told otherwise, which is not in the lock.
  std::ranges::copy_if(lock_.dependency_groups, std::back_inserter(lock_.default_groups),
                       [](const pypi::GroupName& group) { return group.ToString() == "dev"; });
  for (const auto& [index, marker] : graph_.Markers(lock_.requires_python.ToVersionSet())) {
    if (packages_[index].source.kind != "virtual") {
      packages_[index].locked.marker = marker;
      lock_.packages.push_back(std::move(packages_[index].locked));
    }
  }
  return ForeignLock{.lock = std::move(lock_)};
}

}  // namespace

Result<ForeignLock> ReadUvLock(const ForeignDocument& document) {
  const DocumentPlace place{.file = document.file, .directory = ""};
  FLOWSTONE_LET(const toml::table parsed, InDocument(place, lock::ParseToml(document.text)));
  const TomlTable table(parsed, "");
  return InDocument(place, UvLockReader(table).Read());
}

}  // namespace flowstone::project
