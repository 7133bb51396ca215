#include "flowstone/app/foreign_files.h"

#include <algorithm>
#include <utility>

#include "flowstone/net/url.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::app {
namespace {

bool HasHash(const index::IndexFile& file, const project::FileHash& hash) {
  if (hash.algorithm == "sha256") {
    return file.sha256 && file.sha256->ToString() == hash.hex;
  }
  return std::ranges::any_of(file.other_hashes, [&](const index::FileHash& other) {
    return other.algorithm == hash.algorithm && other.hex == hash.hex;
  });
}

lock::LockedFile LockedFileOf(const index::IndexFile& file) {
  lock::LockedFile locked{
      .name = file.filename, .size = file.size, .upload_time_us = file.upload_time_us};
  const Result<net::Url> url = net::Url::Parse(file.url);
  if (url && url->scheme() == "file") {
    locked.path = url->DecodedPath();
  } else {
    locked.url = file.url;
  }
  if (file.sha256) {
    locked.hashes.emplace("sha256", file.sha256->ToString());
  }
  for (const index::FileHash& other : file.other_hashes) {
    locked.hashes.emplace(other.algorithm, other.hex);
  }
  return locked;
}

// Puts the files with these hashes into the package.
Status Locate(const project::FilesByHash& wanted, const index::ProjectFiles& project,
              lock::LockedPackage& package) {
  for (const index::IndexFile& file : project.Files()) {
    const bool is_wanted = std::ranges::any_of(
        wanted.hashes, [&](const project::FileHash& hash) { return HasHash(file, hash); });
    if (!is_wanted) {
      continue;
    }
    if (pypi::WheelName::Parse(file.filename)) {
      package.wheels.push_back(LockedFileOf(file));
    } else if (pypi::SdistName::ParseFor(package.name, file.filename)) {
      package.sdist = LockedFileOf(file);
    }
    if (package.requires_python.empty() && file.requires_python) {
      if (const auto python = pypi::SpecifierSet::Parse(*file.requires_python)) {
        package.requires_python = *python;
      }
    }
  }
  if (package.wheels.empty() && !package.sdist) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "no index has a file of " + package.name.ToString() + " " +
                            (package.version ? package.version->ToString() : "") +
                            " with a hash of the lock",
                 .hints = {"the lock was made from " +
                           (package.index.empty() ? std::string("another index") : package.index)}};
  }
  std::ranges::sort(package.wheels, {}, &lock::LockedFile::name);
  return Ok();
}

}  // namespace

Result<lock::Lock> LocateFiles(project::ForeignLock foreign, index::PackageIndex& index) {
  for (const project::FilesByHash& wanted : foreign.by_hash) {
    index.StartProject(foreign.lock.packages[wanted.package].name);
  }
  for (const project::FilesByHash& wanted : foreign.by_hash) {
    lock::LockedPackage& package = foreign.lock.packages[wanted.package];
    FLOWSTONE_LET(const auto project, index.Project(package.name));
    FLOWSTONE_TRY(Locate(wanted, *project, package));
  }
  return std::move(foreign.lock);
}

void MovePaths(lock::Lock& lock, const std::string& from, const std::string& to) {
  const auto move = [&](lock::LockedFile& file) {
    if (file.path && !os::IsAbsolutePath(*file.path)) {
      file.path = os::RelativePath(to, os::AbsolutePath(from, *file.path));
    }
  };
  for (lock::LockedPackage& package : lock.packages) {
    std::ranges::for_each(package.wheels, move);
    if (package.sdist) {
      move(*package.sdist);
    }
    if (package.direct) {
      move(package.direct->file);
    }
  }
}

}  // namespace flowstone::app
