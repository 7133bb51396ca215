#include "flowstone/install/direct_url.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "flowstone/base/result.h"
#include "flowstone/net/url.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

std::string UrlOf(const lock::LockedFile& file, const std::string& lock_directory) {
  if (file.path) {
    return net::Url::FromPath(os::AbsolutePath(lock_directory, *file.path)).ToString();
  }
  const Result<net::Url> url = net::Url::Parse(file.url.value_or(""));
  // Others, such as ssh:, hold no password in a lock.
  return url ? url->WithoutCredentials().WithoutFragment().ToString() : file.url.value_or("");
}

}  // namespace

std::string DirectUrlOf(const lock::DirectSource& source, const std::string& lock_directory) {
  nlohmann::ordered_json document;
  if (source.kind == lock::DirectKind::kArchive) {
    nlohmann::ordered_json info = nlohmann::ordered_json::object();
    // `hash` is for readers from before `hashes`.
    if (const auto& hashes = source.file.hashes; !hashes.empty()) {
      const auto preferred = hashes.contains("sha256") ? hashes.find("sha256") : hashes.begin();
      info["hash"] = preferred->first + "=" + preferred->second;
      info["hashes"] = hashes;
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

}  // namespace flowstone::install
