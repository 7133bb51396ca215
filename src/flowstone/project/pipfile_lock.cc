// Reads Pipfile.lock: by section, packages with a version and the hashes of their files.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "flowstone/lock/url_credentials.h"
#include "flowstone/net/url.h"
#include "flowstone/project/foreign_lock.h"
#include "flowstone/project/lock_markers.h"
#include "flowstone/pypi/marker_diagram.h"

namespace flowstone::project {
namespace {

using Json = nlohmann::json;

constexpr int kPipfileSpec = 6;

class PipfileLockReader {
 public:
  PipfileLockReader(const Json& document, const std::string& file)
      : document_(document), file_(file) {}

  Result<ForeignLock> Read();

 private:
  Error Wrong(const std::string& path, const std::string& what) const {
    return Error{.code = ErrorCode::kInvalid, .message = file_ + ": " + path + ": " + what};
  }
  Result<std::string> Text(const Json& object, const std::string& path, const char* key) const;
  Status ReadMeta();
  Status ReadSection(const std::string& section);
  Status ReadPackage(const std::string& section, const std::string& written_name,
                     const Json& entry);
  Result<std::vector<FileHash>> HashesOf(const Json& entry, const std::string& path) const;
  Result<std::optional<lock::DirectSource>> DirectOf(const Json& entry, const std::string& path,
                                                     const std::vector<FileHash>& hashes) const;
  void Add(lock::LockedPackage package, std::vector<FileHash> hashes);

  const Json& document_;
  const std::string& file_;
  std::map<std::string, std::string> sources_;  // index URLs by name
  pypi::MarkerAlgebra algebra_;
  ForeignLock result_;
};

Result<std::string> PipfileLockReader::Text(const Json& object, const std::string& path,
                                            const char* key) const {
  const auto found = object.find(key);
  if (found == object.end()) {
    return std::string();
  }
  if (!found->is_string()) {
    return Wrong(path + "." + key, "must be a string");
  }
  return found->get<std::string>();
}

Status PipfileLockReader::ReadMeta() {
  const Json meta = document_.value("_meta", Json::object());
  if (!meta.is_object() || meta.value("pipfile-spec", Json()) != kPipfileSpec) {
    return Wrong("_meta", "pipfile-spec must be " + std::to_string(kPipfileSpec));
  }
  const Json requires_table = meta.value("requires", Json::object());
  FLOWSTONE_LET(const std::string python, Text(requires_table, "_meta.requires", "python_version"));
  FLOWSTONE_LET(const std::string full,
                Text(requires_table, "_meta.requires", "python_full_version"));
  if (!full.empty() || (!python.empty() && python != "*")) {
    Result<pypi::SpecifierSet> set =
        pypi::SpecifierSet::Parse(full.empty() ? "==" + python + ".*" : "==" + full);
    if (!set) {
      return Wrong("_meta.requires", set.error().message);
    }
    result_.lock.requires_python = *std::move(set);
  }
  for (const Json& source : meta.value("sources", Json::array())) {
    FLOWSTONE_LET(const std::string name, Text(source, "_meta.sources", "name"));
    FLOWSTONE_LET(const std::string url, Text(source, "_meta.sources", "url"));
    sources_[name] = lock::WithoutCredentials(url);
  }
  return Ok();
}

Result<std::vector<FileHash>> PipfileLockReader::HashesOf(const Json& entry,
                                                          const std::string& path) const {
  std::vector<FileHash> hashes;
  for (const Json& text : entry.value("hashes", Json::array())) {
    const Result<FileHash> hash =
        text.is_string() ? ParseFileHash(text.get<std::string>())
                         : Result<FileHash>(Wrong(path + ".hashes", "must be strings"));
    if (!hash) {
      return Wrong(path + ".hashes", hash.error().message);
    }
    hashes.push_back(*hash);
  }
  return hashes;
}

Result<std::optional<lock::DirectSource>> PipfileLockReader::DirectOf(
    const Json& entry, const std::string& path, const std::vector<FileHash>& hashes) const {
  lock::DirectSource direct;
  FLOWSTONE_LET(direct.subdirectory, Text(entry, path, "subdirectory"));
  FLOWSTONE_LET(const std::string git, Text(entry, path, "git"));
  FLOWSTONE_LET(const std::string file, Text(entry, path, "file"));
  FLOWSTONE_LET(const std::string directory, Text(entry, path, "path"));
  if (!git.empty()) {
    direct.kind = lock::DirectKind::kVcs;
    direct.vcs_type = "git";
    direct.file.url = lock::WithoutCredentials(git);
    FLOWSTONE_LET(direct.commit_id, Text(entry, path, "ref"));
    if (direct.commit_id.empty()) {
      return Wrong(path, "the repository has no commit");
    }
  } else if (!directory.empty()) {
    direct.kind = lock::DirectKind::kDirectory;
    direct.file.path = directory;
    direct.editable = entry.value("editable", Json(false)) == true;
  } else if (!file.empty()) {
    if (hashes.size() != 1) {
      return Wrong(path, "a package that is one file must have exactly one hash");
    }
    direct.file.url = lock::WithoutCredentials(file);
    const std::string place = file.substr(0, file.find_first_of("?#"));
    direct.file.name = net::PercentDecode(place.substr(place.rfind('/') + 1));
    direct.file.hashes.emplace(hashes.front().algorithm, hashes.front().hex);
  } else {
    return std::optional<lock::DirectSource>();
  }
  return std::optional(std::move(direct));
}

// The same package in two sections is one, under either condition.
void PipfileLockReader::Add(lock::LockedPackage package, std::vector<FileHash> hashes) {
  std::vector<lock::LockedPackage>& packages = result_.lock.packages;
  const auto same = std::ranges::find_if(packages, [&](const lock::LockedPackage& other) {
    return other.name == package.name && other.version == package.version &&
           other.direct == package.direct && other.index == package.index;
  });
  if (same != packages.end()) {
    same->marker =
        algebra_.ToMarker(algebra_.Or(algebra_.Of(same->marker), algebra_.Of(package.marker)));
    return;
  }
  if (!package.direct) {
    result_.by_hash.push_back({.package = packages.size(), .hashes = std::move(hashes)});
  }
  packages.push_back(std::move(package));
}

Status PipfileLockReader::ReadPackage(const std::string& section, const std::string& written_name,
                                      const Json& entry) {
  const std::string path = section + "." + written_name;
  const Result<pypi::Name> name = pypi::Name::Parse(written_name);
  if (!name) {
    return Wrong(path, name.error().message);
  }
  if (!entry.is_object()) {
    return Wrong(path, "must be an object");
  }
  lock::LockedPackage package{.name = *name};
  FLOWSTONE_LET(const std::string marker, Text(entry, path, "markers"));
  if (!marker.empty()) {
    Result<pypi::Marker> parsed = pypi::Marker::Parse(marker);
    if (!parsed) {
      return Wrong(path + ".markers", parsed.error().message);
    }
    package.marker = *std::move(parsed);
  }
  if (section != "default") {
    const Result<pypi::GroupName> group =
        pypi::GroupName::Parse(section == "develop" ? "dev" : section);
    if (!group) {
      return Wrong(section, group.error().message);
    }
    package.marker = pypi::Marker::And(package.marker, WhenGroup(*group));
  }
  FLOWSTONE_LET(std::vector<FileHash> hashes, HashesOf(entry, path));
  FLOWSTONE_LET(package.direct, DirectOf(entry, path, hashes));
  FLOWSTONE_LET(const std::string version, Text(entry, path, "version"));
  if (version.starts_with("==") && !version.ends_with("*")) {
    Result<pypi::Version> parsed =
        pypi::Version::Parse(version.substr(version.starts_with("===") ? 3 : 2));
    if (!parsed) {
      return Wrong(path + ".version", parsed.error().message);
    }
    package.version = *std::move(parsed);
  } else if (!package.direct) {
    // Pipenv writes such entries for packages that its own machine had no use for.
    result_.warnings.push_back(written_name + " is not locked in " + file_ +
                               " (it has no version): it is left out");
    return Ok();
  }
  if (!package.direct && hashes.empty()) {
    return Wrong(path, "the package has no hashes");
  }
  FLOWSTONE_LET(const std::string index, Text(entry, path, "index"));
  if (const auto source = sources_.find(index); source != sources_.end()) {
    package.index = source->second;
  } else if (!package.direct && sources_.size() == 1) {
    package.index = sources_.begin()->second;
  }
  Add(std::move(package), std::move(hashes));
  return Ok();
}

Status PipfileLockReader::ReadSection(const std::string& section) {
  const Json& packages = document_.at(section);
  if (!packages.is_object()) {
    return Wrong(section, "must be an object");
  }
  for (const auto& [name, entry] : packages.items()) {
    FLOWSTONE_TRY(ReadPackage(section, name, entry));
  }
  if (section != "default") {
    FLOWSTONE_LET(const pypi::GroupName group,
                  pypi::GroupName::Parse(section == "develop" ? "dev" : section));
    result_.lock.dependency_groups.push_back(group);
  }
  return Ok();
}

Result<ForeignLock> PipfileLockReader::Read() {
  if (!document_.is_object()) {
    return Wrong("the document", "must be an object");
  }
  result_.lock.created_by = "pipenv";
  FLOWSTONE_TRY(ReadMeta());
  for (const auto& [section, packages] : document_.items()) {
    if (section != "_meta") {
      FLOWSTONE_TRY(ReadSection(section));
    }
  }
  std::ranges::sort(result_.lock.dependency_groups);
  return std::move(result_);
}

}  // namespace

Result<ForeignLock> ReadPipfileLock(const ForeignDocument& document) {
  const Json parsed = Json::parse(document.text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    return Error{.code = ErrorCode::kInvalid, .message = document.file + ": not valid JSON"};
  }
  return PipfileLockReader(parsed, document.file).Read();
}

}  // namespace flowstone::project
