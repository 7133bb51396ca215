#include "flowstone/bundle/code_scan.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/bundle/package_info.h"
#include "flowstone/bundle/project_walk.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::bundle {
namespace {

constexpr std::size_t kLargestNamed = 5;
constexpr std::uint64_t kMebibyte = 1ULL << 20U;

std::string InMebibytes(std::uint64_t bytes) {
  return std::to_string((bytes + kMebibyte / 2) / kMebibyte) + " MiB";
}

// Everything below `directory` but caches and hidden names, below `name` in the package.
Result<std::vector<ScannedFile>> CollectTree(os::FileSystem& files, const std::string& directory,
                                             const std::string& name) {
  std::vector<ScannedFile> collected;
  FLOWSTONE_TRY(
      os::WalkTree(files, directory, [&](const os::WalkEntry& entry) -> Result<os::WalkNext> {
        const std::string base = os::BaseName(entry.path);
        if (base.starts_with('.') || base == "__pycache__" || base.ends_with(".pyc")) {
          return os::WalkNext::kSkipChildren;
        }
        const std::string source = os::JoinPath(directory, entry.path);
        os::FileInfo info = entry.info;
        if (info.type == os::FileType::kSymlink) {
          FLOWSTONE_LET(info, files.Stat(source));
        }
        if (info.type == os::FileType::kFile) {
          collected.push_back({.path = os::JoinPath(name, entry.path),
                               .source = source,
                               .size = info.size,
                               .executable = (info.mode & 0111U) != 0});
        }
        return os::WalkNext::kDescend;
      }));
  return collected;
}

Result<std::vector<ScannedFile>> CollectIncluded(os::FileSystem& files, const std::string& root,
                                                 const IncludedPath& included) {
  const std::string source = os::JoinPath(root, included.path);
  const std::string name = os::NormalizePath(included.name);
  FLOWSTONE_LET(const os::FileInfo info,
                Annotate(files.Stat(source), "while packaging '" + included.name + "'"));
  if (info.type == os::FileType::kDirectory) {
    return CollectTree(files, source, name);
  }
  return std::vector<ScannedFile>{
      {.path = name, .source = source, .size = info.size, .executable = (info.mode & 0111U) != 0}};
}

// One Python package of the SDK.
Result<std::vector<ScannedFile>> CollectSdk(os::FileSystem& files, const std::string& root,
                                            const std::string& package) {
  if (root.empty()) {
    return std::vector<ScannedFile>();
  }
  return Annotate(
      CollectTree(files, os::JoinPath(root, package), os::JoinPath(kPackageSdkPath, package)),
      "while packaging the Python package '" + package + "'");
}

std::vector<std::string> UnionOfSuffixes(const std::vector<std::string>& more) {
  std::set<std::string> suffixes(std::begin(kDefaultSuffixes), std::end(kDefaultSuffixes));
  for (const std::string& suffix : more) {
    if (!suffix.empty()) {
      suffixes.insert(suffix);
    }
  }
  return {suffixes.begin(), suffixes.end()};
}

ScannedFile GenerateInfo(const CodeSources& sources, const CodeScan& scan) {
  std::string json = PackageInfo{.flow = sources.flow_name,
                                 .script = os::BaseName(sources.flow_file),
                                 .suffixes = scan.suffixes,
                                 .flowstone = sources.flowstone_version}
                         .ToJson();
  const std::uint64_t size = json.size();
  return {.path = std::string(kPackageInfoPath), .size = size, .generated = std::move(json)};
}

// Sorts by path. A file that two rules bring from one place is one file.
Status SortAndCheckNames(std::vector<ScannedFile>& files) {
  std::stable_sort(files.begin(), files.end(),
                   [](const ScannedFile& a, const ScannedFile& b) { return a.path < b.path; });
  for (std::size_t i = 1; i < files.size(); ++i) {
    const ScannedFile& a = files[i - 1];
    const ScannedFile& b = files[i];
    if (a.path == b.path && a.source != b.source) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "'" + a.source + "' and '" + b.source + "' would both be '" + a.path +
                              "' in the code package"};
    }
  }
  files.erase(
      std::unique(files.begin(), files.end(),
                  [](const ScannedFile& a, const ScannedFile& b) { return a.path == b.path; }),
      files.end());
  return Ok();
}

std::vector<std::string> NameLargest(const std::vector<ScannedFile>& files) {
  std::vector<const ScannedFile*> largest;
  largest.reserve(files.size());
  for (const ScannedFile& file : files) {
    largest.push_back(&file);
  }
  std::stable_sort(largest.begin(), largest.end(),
                   [](const ScannedFile* a, const ScannedFile* b) { return a->size > b->size; });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(kLargestNamed, largest.size()); ++i) {
    names.push_back("'" + largest[i]->path + "' (" + InMebibytes(largest[i]->size) + ")");
  }
  return names;
}

// What surprises at run time when nobody says it now.
void WarnOfShadows(CodeScan& scan) {
  std::set<std::string> seen;
  for (const ScannedFile& file : scan.files) {
    for (const std::string package : {"flowstone", "metaflow"}) {
      const bool shadows = file.path == package + ".py" || file.path == package + "/__init__.py";
      if (shadows && seen.insert(package).second) {
        scan.warnings.push_back("'" + file.path + "' of the project hides the package '" + package +
                                "' that flows import");
      }
    }
  }
}

Status CheckSize(CodeScan& scan) {
  for (const ScannedFile& file : scan.files) {
    scan.total_bytes += file.size;
  }
  if (scan.total_bytes <= kLargeCodeBytes) {
    return Ok();
  }
  const std::string text = "the code package has " + InMebibytes(scan.total_bytes) +
                           "; the largest files are " + JoinText(NameLargest(scan.files), ", ");
  if (scan.total_bytes > kMaxCodeBytes) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = text,
                 .hints = {"name what is not code in a .flowstoneignore file beside the flow"}};
  }
  scan.warnings.push_back(text);
  return Ok();
}

}  // namespace

Result<CodeScan> ScanCode(os::FileSystem& files, const CodeSources& sources) {
  CodeScan scan;
  scan.root = os::DirName(sources.flow_file);
  scan.suffixes = UnionOfSuffixes(sources.suffixes);
  const std::string script = os::BaseName(sources.flow_file);
  FLOWSTONE_TRY(files.Stat(sources.flow_file));
  FLOWSTONE_LET(ProjectFiles project, WalkProject(files, scan.root, script, scan.suffixes));
  scan.files = std::move(project.files);
  scan.decisions = std::move(project.decisions);
  scan.warnings = std::move(project.warnings);

  const auto append = [&scan](std::vector<ScannedFile> more) {
    std::move(more.begin(), more.end(), std::back_inserter(scan.files));
  };
  for (const IncludedPath& included : sources.include) {
    FLOWSTONE_LET(std::vector<ScannedFile> more, CollectIncluded(files, scan.root, included));
    append(std::move(more));
  }
  FLOWSTONE_LET(std::vector<ScannedFile> sdk, CollectSdk(files, sources.sdk_root, "flowstone"));
  append(std::move(sdk));
  FLOWSTONE_LET(std::vector<ScannedFile> compat,
                CollectSdk(files, sources.compat_root, "metaflow"));
  append(std::move(compat));
  scan.files.push_back(GenerateInfo(sources, scan));

  FLOWSTONE_TRY(SortAndCheckNames(scan.files));
  WarnOfShadows(scan);
  FLOWSTONE_TRY(CheckSize(scan));
  return scan;
}

}  // namespace flowstone::bundle
