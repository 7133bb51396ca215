// Reads poetry.lock, versions 1.x and 2.x. Since 2.1 a package says in which groups it is and under
// which condition; before, that follows from the requirements of pyproject.toml.
#include <algorithm>
#include <functional>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/lock/url_credentials.h"
#include "flowstone/net/url.h"
#include "flowstone/project/foreign_lock.h"
#include "flowstone/project/lock_graph.h"
#include "flowstone/project/lock_markers.h"
#include "flowstone/project/poetry_constraint.h"
#include "flowstone/project/poetry_requirements.h"
#include "flowstone/project/toml_text.h"

namespace flowstone::project {
namespace {

using lock::LockedPackage;
using lock::TomlTable;

constexpr std::string_view kMainGroup = "main";

// "sha256:…" of each file of a package, and their names.
struct PoetryFiles {
  std::vector<FileHash> hashes;
  std::vector<std::string> names;
};

class PoetryLockReader {
 public:
  PoetryLockReader(const TomlTable& document, const TomlTable* pyproject)
      : document_(document), pyproject_(pyproject) {}

  Result<ForeignLock> Read();

 private:
  Status CheckVersion();
  Result<LockedPackage> ReadPackage(const TomlTable& table);
  Result<PoetryFiles> FilesOf(const TomlTable& table, const std::string& name) const;
  Status ReadOrigin(const TomlTable& table, const PoetryFiles& files, LockedPackage& package);
  Result<pypi::Marker> MarkerOf(const TomlTable& table);
  Result<pypi::Marker> MarkerInGroup(const TomlTable& table, const std::string& group) const;
  Status ReadMarkers();
  Status DeriveMarkers();
  Status AddDependencies(std::size_t index, LockGraph& graph);
  // Hands out the edges to the packages that answer the requirement.
  void AddEdges(const PoetryRequirement& requirement, const pypi::Marker& when,
                const std::function<void(LockGraph::Edge)>& add) const;
  Status AddRoots(LockGraph& graph);

  const TomlTable& document_;
  const TomlTable* const pyproject_;
  bool has_groups_ = false;  // since 2.1
  std::vector<TomlTable> tables_;
  ForeignLock result_;
  std::map<std::size_t, FilesByHash> files_;  // by package
};

Status PoetryLockReader::CheckVersion() {
  FLOWSTONE_LET(const std::optional<TomlTable> metadata, document_.Table("metadata"));
  if (!metadata) {
    return document_.Wrong("", "the table metadata is missing: this is no poetry.lock");
  }
  FLOWSTONE_LET(const auto version,
                metadata->Parsed<pypi::Version>("lock-version", pypi::Version::Parse));
  if (!version || version->release(0) < 1 || version->release(0) > 2) {
    return metadata->Wrong("lock-version",
                           "the version of the format is not known: 1.x and 2.x are");
  }
  has_groups_ = *pypi::Version::Parse("2.1") <= *version;
  FLOWSTONE_LET(const std::optional<std::string> python, metadata->Text("python-versions"));
  if (python && *python != "*") {
    // In the words of PEP 440 unless they are Poetry's own; markers of packages say those.
    if (const auto set = pypi::SpecifierSet::Parse(*python)) {
      result_.lock.requires_python = *set;
    } else {
      FLOWSTONE_TRY(PoetryConstraint::Parse(*python));
    }
  }
  return Ok();
}

Result<PoetryFiles> PoetryLockReader::FilesOf(const TomlTable& table,
                                              const std::string& name) const {
  std::vector<TomlTable> entries;
  if (table.Has("files")) {
    FLOWSTONE_LET(entries, table.Tables("files"));
  } else {
    FLOWSTONE_LET(const std::optional<TomlTable> metadata, document_.Table("metadata"));
    FLOWSTONE_LET(const std::optional<TomlTable> files, metadata->Table("files"));
    if (files) {
      FLOWSTONE_LET(entries, files->Tables(name));
    }
  }
  PoetryFiles files;
  for (const TomlTable& entry : entries) {
    FLOWSTONE_LET(std::string file, entry.RequiredText("file"));
    FLOWSTONE_LET(const auto hash, entry.Parsed<FileHash>("hash", ParseFileHash));
    if (!hash) {
      return entry.Wrong("", "the key hash is missing");
    }
    files.names.push_back(std::move(file));
    files.hashes.push_back(*hash);
  }
  return files;
}

Status PoetryLockReader::ReadOrigin(const TomlTable& table, const PoetryFiles& files,
                                    LockedPackage& package) {
  FLOWSTONE_LET(const std::optional<TomlTable> source, table.Table("source"));
  if (!source) {
    return Ok();
  }
  FLOWSTONE_LET(const std::string type, source->RequiredText("type"));
  FLOWSTONE_LET(const std::string url, source->RequiredText("url"));
  if (type == "legacy") {
    package.index = lock::WithoutCredentials(url);
    return Ok();
  }
  lock::DirectSource direct;
  FLOWSTONE_LET(const std::optional<std::string> subdirectory, source->Text("subdirectory"));
  direct.subdirectory = subdirectory.value_or("");
  if (type == "git") {
    direct.kind = lock::DirectKind::kVcs;
    direct.vcs_type = "git";
    direct.file.url = lock::WithoutCredentials(url);
    FLOWSTONE_LET(direct.commit_id, source->RequiredText("resolved_reference"));
    FLOWSTONE_LET(const std::optional<std::string> reference, source->Text("reference"));
    direct.requested_revision = reference.value_or("");
  } else if (type == "directory") {
    direct.kind = lock::DirectKind::kDirectory;
    direct.file.path = url;
    FLOWSTONE_LET(direct.editable, table.Truth("develop"));
  } else if (type == "file" || type == "url") {
    if (files.hashes.size() != 1) {
      return table.Wrong("", "a package that is one file must have exactly one");
    }
    direct.file.name = files.names.front();
    direct.file.hashes.emplace(files.hashes.front().algorithm, files.hashes.front().hex);
    (type == "file" ? direct.file.path : direct.file.url) = lock::WithoutCredentials(url);
  } else {
    return source->Wrong("type", "'" + type + "' is a source that is not known");
  }
  package.direct = std::move(direct);
  return Ok();
}

Result<LockedPackage> PoetryLockReader::ReadPackage(const TomlTable& table) {
  FLOWSTONE_LET(const std::string written_name, table.RequiredText("name"));
  FLOWSTONE_LET(const auto name, table.Parsed<pypi::Name>("name", pypi::Name::Parse));
  LockedPackage package{.name = *name};
  FLOWSTONE_LET(package.version, table.Parsed<pypi::Version>("version", pypi::Version::Parse));
  FLOWSTONE_LET(const PoetryFiles files, FilesOf(table, written_name));
  FLOWSTONE_TRY(ReadOrigin(table, files, package));
  FLOWSTONE_LET(const std::optional<std::string> python, table.Text("python-versions"));
  if (python && *python != "*") {
    if (const auto set = pypi::SpecifierSet::Parse(*python)) {
      package.requires_python = *set;
    }
  }
  if (!package.direct) {
    if (files.hashes.empty()) {
      return table.Wrong("", "the package has no files");
    }
    files_[tables_.size()] = {.package = 0, .hashes = files.hashes};
  }
  return package;
}

Result<pypi::Marker> PoetryLockReader::MarkerInGroup(const TomlTable& table,
                                                     const std::string& group) const {
  const toml::node* node = table.node().get("markers");
  std::optional<std::string> text;
  if (node != nullptr && node->is_table()) {
    FLOWSTONE_LET(const std::optional<TomlTable> by_group, table.Table("markers"));
    FLOWSTONE_LET(text, by_group->Text(group));
  } else {
    FLOWSTONE_LET(text, table.Text("markers"));
  }
  pypi::Marker marker;
  if (text && !text->empty()) {
    Result<pypi::Marker> parsed = ParseMarkerOfLock(*text, pypi::Name());
    if (!parsed) {
      return table.Wrong("markers", parsed.error().message);
    }
    marker = *std::move(parsed);
  }
  if (group == kMainGroup) {
    return marker;
  }
  const Result<pypi::GroupName> name = pypi::GroupName::Parse(group);
  if (!name) {
    return table.Wrong("groups", name.error().message);
  }
  return pypi::Marker::And(marker, WhenGroup(*name));
}

Result<pypi::Marker> PoetryLockReader::MarkerOf(const TomlTable& table) {
  FLOWSTONE_LET(const std::vector<std::string> groups, table.Texts("groups"));
  if (groups.empty()) {
    return table.Wrong("", "the package is in no group");
  }
  pypi::MarkerAlgebra algebra;
  pypi::MarkerDiagram when = pypi::MarkerAlgebra::Never();
  for (const std::string& group : groups) {
    FLOWSTONE_LET(const pypi::Marker marker, MarkerInGroup(table, group));
    when = algebra.Or(when, algebra.Of(marker));
    if (group != kMainGroup) {
      result_.lock.dependency_groups.push_back(*pypi::GroupName::Parse(group));
    }
  }
  return algebra.ToMarker(when);
}

Status PoetryLockReader::ReadMarkers() {
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    FLOWSTONE_LET(result_.lock.packages[i].marker, MarkerOf(tables_[i]));
  }
  FLOWSTONE_LET(const std::optional<TomlTable> extras, document_.Table("extras"));
  for (const std::string& key : extras ? extras->Keys() : std::vector<std::string>()) {
    const Result<pypi::ExtraName> extra = pypi::ExtraName::Parse(key);
    if (!extra) {
      return extras->Wrong(key, extra.error().message);
    }
    result_.lock.extras.push_back(*extra);
  }
  return Ok();
}

void PoetryLockReader::AddEdges(const PoetryRequirement& requirement, const pypi::Marker& when,
                                const std::function<void(LockGraph::Edge)>& add) const {
  for (std::size_t i = 0; i < result_.lock.packages.size(); ++i) {
    const LockedPackage& package = result_.lock.packages[i];
    if (package.name == requirement.name &&
        (!package.version || package.direct || requirement.constraint.Contains(*package.version))) {
      add({.package = i,
           .extras = requirement.extras,
           .marker = pypi::Marker::And(requirement.marker, when)});
    }
  }
}

Status PoetryLockReader::AddDependencies(std::size_t index, LockGraph& graph) {
  FLOWSTONE_LET(const std::optional<TomlTable> table, tables_[index].Table("dependencies"));
  if (!table) {
    return Ok();
  }
  FLOWSTONE_LET(const std::vector<PoetryRequirement> requirements, ReadPoetryRequirements(*table));
  for (const PoetryRequirement& requirement : requirements) {
    AddEdges(requirement, {}, [&](LockGraph::Edge edge) {
      graph.AddDependency(index, std::nullopt, std::move(edge));
    });
  }
  return Ok();
}

Status PoetryLockReader::AddRoots(LockGraph& graph) {
  FLOWSTONE_LET(const PoetryRoots roots, ReadPoetryRoots(*pyproject_));
  const auto add = [&](LockGraph::Edge edge) { graph.AddRoot(std::move(edge)); };
  for (const PoetryRequirement& requirement : roots.main) {
    if (!requirement.is_optional) {
      AddEdges(requirement, {}, add);
    }
  }
  for (const auto& [group, requirements] : roots.groups) {
    result_.lock.dependency_groups.push_back(group);
    for (const PoetryRequirement& requirement : requirements) {
      AddEdges(requirement, WhenGroup(group), add);
    }
  }
  for (const auto& [extra, names] : roots.extras) {
    result_.lock.extras.push_back(extra);
    for (const PoetryRequirement& requirement : roots.main) {
      if (std::ranges::find(names, requirement.name) != names.end()) {
        AddEdges(requirement, WhenExtra(extra), add);
      }
    }
  }
  return Ok();
}

Status PoetryLockReader::DeriveMarkers() {
  if (pyproject_ == nullptr) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "a lock of a version before 2.1 does not say what was asked for",
                 .hints = {"put the pyproject.toml of the project beside it"}};
  }
  LockGraph graph;
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    FLOWSTONE_TRY(AddDependencies(i, graph));
  }
  FLOWSTONE_TRY(AddRoots(graph));
  const std::map<std::size_t, pypi::Marker> markers =
      graph.Markers(result_.lock.requires_python.ToVersionSet());
  std::vector<LockedPackage> kept;
  std::map<std::size_t, FilesByHash> files;
  for (const auto& [index, marker] : markers) {
    if (const auto found = files_.find(index); found != files_.end()) {
      files.emplace(kept.size(), found->second);
    }
    kept.push_back(std::move(result_.lock.packages[index]));
    kept.back().marker = marker;
  }
  result_.lock.packages = std::move(kept);
  files_ = std::move(files);
  return Ok();
}

Result<ForeignLock> PoetryLockReader::Read() {
  FLOWSTONE_TRY(CheckVersion());
  result_.lock.created_by = "poetry";
  FLOWSTONE_LET(const std::vector<TomlTable> tables, document_.Tables("package"));
  for (const TomlTable& table : tables) {
    FLOWSTONE_LET(LockedPackage package, ReadPackage(table));
    result_.lock.packages.push_back(std::move(package));
    tables_.push_back(table);
  }
  FLOWSTONE_TRY(has_groups_ ? ReadMarkers() : DeriveMarkers());
  std::vector<pypi::GroupName>& groups = result_.lock.dependency_groups;
  std::ranges::sort(groups);
  const auto repeated = std::ranges::unique(groups);
  groups.erase(repeated.begin(), repeated.end());
  // Poetry installs all groups but those that pyproject.toml calls optional.
  PoetryRoots roots;
  if (pyproject_ != nullptr) {
    FLOWSTONE_LET(roots, ReadPoetryRoots(*pyproject_));
  }
  std::ranges::copy_if(
      groups, std::back_inserter(result_.lock.default_groups),
      [&](const pypi::GroupName& group) { return !roots.optional_groups.contains(group); });
  for (auto& [index, files] : files_) {
    files.package = index;
    result_.by_hash.push_back(std::move(files));
  }
  return std::move(result_);
}

}  // namespace

Result<ForeignLock> ReadPoetryLock(const ForeignDocument& document) {
  const DocumentPlace place{.file = document.file, .directory = ""};
  FLOWSTONE_LET(const toml::table parsed, InDocument(place, lock::ParseToml(document.text)));
  const TomlTable table(parsed, "");
  if (!document.pyproject) {
    return InDocument(place, PoetryLockReader(table, nullptr).Read());
  }
  FLOWSTONE_LET(const toml::table project, InDocument({.file = "pyproject.toml", .directory = ""},
                                                      lock::ParseToml(*document.pyproject)));
  const TomlTable pyproject(project, "");
  return InDocument(place, PoetryLockReader(table, &pyproject).Read());
}

}  // namespace flowstone::project
