#include "flowstone/install/venv_files.h"

#include <algorithm>
#include <string_view>

#include "flowstone/install/relocatable_script.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// What makes a directory a virtual environment belongs to no package, whatever a RECORD says.
bool IsPartOfVenv(const std::string& path) {
  return path == "pyvenv.cfg" ||
         (os::DirName(path) == "bin" &&
          (IsReservedScriptName(os::BaseName(path)) || os::BaseName(path).starts_with("activate")));
}

}  // namespace

void VenvFiles::AddStaying(const InstalledPackage& package) {
  for (const std::string& path : FilesOf(package)) {
    staying_.emplace(path, package.name);
  }
}

void VenvFiles::AddLeaving(const InstalledPackage& package) {
  const std::vector<std::string> files = FilesOf(package);
  leaving_.insert(files.begin(), files.end());
}

std::optional<std::string> VenvFiles::StayingOwner(const std::string& path) const {
  const auto owner = staying_.find(path);
  return owner == staying_.end() ? std::nullopt : std::optional(owner->second);
}

std::vector<std::string> VenvFiles::FilesOf(const InstalledPackage& package) {
  std::vector<std::string> files;
  if (!package.record) {
    return files;
  }
  files.reserve(package.record->size());
  for (const pypi::RecordRow& row : *package.record) {
    std::string path = os::NormalizePath(os::JoinPath(scheme_.site_packages, row.path));
    if (!os::IsAbsolutePath(path) && path != ".." && !path.starts_with("../") &&
        !IsPartOfVenv(path)) {
      files.push_back(std::move(path));
    }
  }
  return files;
}

bool VenvFiles::IsInside(const std::string& directory) {
  const auto known = inside_.find(directory);
  if (known != inside_.end()) {
    return known->second;
  }
  const Result<std::string> root = filesystem_.RealPath(directory_);
  const Result<std::string> real = filesystem_.RealPath(At(directory));
  const bool is_inside = !real || (root && os::IsWithin(*root, *real));
  inside_.emplace(directory, is_inside);
  return is_inside;
}

Status VenvFiles::Remove(const InstalledPackage& package) {
  std::set<std::string> touched;  // directories
  for (const std::string& path : FilesOf(package)) {
    if (staying_.contains(path)) {
      continue;
    }
    if (!IsInside(os::DirName(path))) {
      warnings_.push_back(package.name + " " + package.version + " lists " + At(path) +
                          ", which lies behind a symbolic link out of the environment and stays");
      continue;
    }
    FLOWSTONE_TRY(RemoveOne(path, touched));
    if (path.ends_with(".py")) {
      FLOWSTONE_TRY(RemoveBytecode(path, touched));
    }
  }
  return RemoveEmptied(std::move(touched));
}

Status VenvFiles::RemoveOne(const std::string& path, std::set<std::string>& touched) {
  touched.insert(os::DirName(path));
  Status removed = filesystem_.RemoveFile(At(path));
  const Result<os::FileInfo> info = filesystem_.Lstat(At(path));
  if (!removed && (!info || info->type == os::FileType::kDirectory)) {
    return Ok();  // gone already, or a directory, which RECORD does not list
  }
  return removed;
}

Status VenvFiles::RemoveBytecode(const std::string& source, std::set<std::string>& touched) {
  const std::string cache = os::JoinPath(os::DirName(source), "__pycache__");
  const Result<std::vector<os::DirectoryEntry>> entries = filesystem_.ListDirectory(At(cache));
  if (!entries) {
    return Ok();
  }
  const std::string name = os::BaseName(source);
  const std::string stem = name.substr(0, name.size() - 2);  // with its dot
  for (const os::DirectoryEntry& entry : *entries) {
    if (entry.name.starts_with(stem) && entry.name.ends_with(".pyc")) {
      FLOWSTONE_TRY(RemoveOne(os::JoinPath(cache, entry.name), touched));
    }
  }
  return Ok();
}

Status VenvFiles::RemoveEmptied(std::set<std::string> touched) {
  // Children come after their parents in the order of the set.
  while (!touched.empty()) {
    const std::string path = *std::prev(touched.end());
    touched.erase(path);
    const bool is_fixed = path == "." || path == "bin" || os::IsWithin(path, scheme_.site_packages);
    if (is_fixed) {
      continue;
    }
    const Status removed = filesystem_.RemoveDirectory(At(path));
    if (removed) {
      touched.insert(os::DirName(path));
    } else if (removed.error().code != ErrorCode::kConflict &&
               removed.error().code != ErrorCode::kNotFound) {
      return Error(removed.error());
    }
  }
  return Ok();
}

}  // namespace flowstone::install
