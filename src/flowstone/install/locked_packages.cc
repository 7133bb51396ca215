#include "flowstone/install/locked_packages.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "flowstone/net/url.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// A path of the lock wins over its URL: the file is here.
std::string LocationOf(const lock::LockedFile& file, const std::string& lock_directory) {
  if (file.path) {
    return os::AbsolutePath(lock_directory, *file.path);
  }
  return file.url.value_or("");
}

std::string UrlOf(const lock::LockedFile& file, const std::string& lock_directory) {
  if (file.path) {
    return net::Url::FromPath(os::AbsolutePath(lock_directory, *file.path)).ToString();
  }
  const Result<net::Url> url = net::Url::Parse(file.url.value_or(""));
  // Others, such as ssh:, hold no password in a lock.
  return url ? url->WithoutCredentials().WithoutFragment().ToString() : file.url.value_or("");
}

// PEP 610. Credentials are never written.
std::string DirectUrlOf(const lock::DirectSource& source, const std::string& lock_directory) {
  nlohmann::ordered_json document;
  if (source.kind == lock::DirectKind::kArchive) {
    nlohmann::ordered_json info = nlohmann::ordered_json::object();
    if (const std::optional<Digest> sha256 = source.file.Sha256()) {
      info = {{"hash", "sha256=" + sha256->ToString()},
              {"hashes", {{"sha256", sha256->ToString()}}}};
    }
    document["archive_info"] = std::move(info);
  } else if (source.kind == lock::DirectKind::kDirectory) {
    document["dir_info"] = nlohmann::ordered_json::object();
    if (source.editable.value_or(false)) {
      document["dir_info"]["editable"] = true;
    }
  } else {
    document["vcs_info"] = {{"vcs", source.vcs_type}, {"commit_id", source.commit_id}};
    if (!source.requested_revision.empty()) {
      document["vcs_info"]["requested_revision"] = source.requested_revision;
    }
  }
  if (!source.subdirectory.empty()) {
    document["subdirectory"] = source.subdirectory;
  }
  document["url"] = UrlOf(source.file, lock_directory);
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<std::vector<EnvironmentPackage>> PackagesOfLock(const lock::Lock& lock,
                                                       const pypi::Target& target,
                                                       const lock::SelectOptions& options,
                                                       const std::string& lock_directory) {
  FLOWSTONE_LET(const std::vector<lock::SelectedWheel> selected,
                lock::SelectWheels(lock, target, options));
  std::vector<EnvironmentPackage> packages;
  for (const lock::SelectedWheel& wheel : selected) {
    EnvironmentPackage package{.wheel = {.name = wheel.name.ToString(),
                                         .version = wheel.version.ToString(),
                                         .file_name = wheel.file.name,
                                         .location = LocationOf(wheel.file, lock_directory),
                                         .digest = wheel.sha256,
                                         .size = wheel.file.size},
                               .wish = wheel.is_requested ? Wish::kRequested : Wish::kDependency,
                               .direct_url = {}};
    const lock::LockedPackage* locked = lock.Find(wheel.name);
    if (locked != nullptr && locked->direct) {
      package.direct_url = DirectUrlOf(*locked->direct, lock_directory);
    }
    packages.push_back(std::move(package));
  }
  return packages;
}

}  // namespace flowstone::install
