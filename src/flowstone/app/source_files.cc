#include "flowstone/app/source_files.h"

#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::app {
namespace {

constexpr int kOkStatus = 200;

Status CheckSourceDigest(const SourceFile& file, const std::optional<Digest>& expected,
                         const std::string& url) {
  if (expected && file.digest != *expected) {
    return Error{ErrorCode::kCorrupt, url + " has the sha256 " + file.digest.ToString() +
                                          " and not " + expected->ToString()};
  }
  return Ok();
}

Error StatusErrorOf(int status, const std::string& url) {
  const bool is_refused = status == 401 || status == 403;
  const bool is_missing = status == 404 || status == 410;
  return Error{is_refused   ? ErrorCode::kDenied
               : is_missing ? ErrorCode::kNotFound
                            : ErrorCode::kUnavailable,
               "the server answered " + std::to_string(status) + " to the request for " + url};
}

}  // namespace

SourceFiles::SourceFiles(const Machine& machine, const install::CacheLayout& layout,
                         OpenTransport open_transport, SourceFreshness freshness)
    : machine_(machine),
      layout_(layout),
      open_transport_(std::move(open_transport)),
      freshness_(freshness) {}

std::string SourceFiles::DirectoryOf(const Digest& digest) const {
  const std::string hex = digest.ToString();
  return layout_.root() + "/build/archive/" + hex.substr(0, 2) + "/" + hex;
}

std::string SourceFiles::PointerOf(const std::string& url) const {
  return layout_.root() + "/build/url/" + Digest::Of(url).ToString();
}

Result<std::optional<SourceFile>> SourceFiles::FindKept(const Digest& digest) {
  const std::string directory = DirectoryOf(digest);
  const auto entries = machine_.filesystem.ListDirectory(directory);
  if (!entries || entries->size() != 1) {
    return std::optional<SourceFile>();
  }
  SourceFile file{.path = os::JoinPath(directory, entries->front().name),
                  .file_name = entries->front().name};
  FLOWSTONE_LET(const os::FileDigest found, os::DigestOfFile(machine_.filesystem, file.path));
  if (found.digest != digest) {  // damaged on the disk: fetch it again
    FLOWSTONE_TRY(os::RemoveTree(machine_.filesystem, directory));
    return std::optional<SourceFile>();
  }
  file.digest = digest;
  file.size = found.size;
  return std::optional(std::move(file));
}

Result<std::optional<SourceFile>> SourceFiles::FindRemembered(const std::string& url) {
  const Result<std::string> text = machine_.filesystem.ReadFile(PointerOf(url));
  const Result<Digest> digest =
      text ? Digest::Parse(TrimText(*text)) : Result<Digest>(text.error());
  if (!digest) {
    return std::optional<SourceFile>();
  }
  return FindKept(*digest);
}

Result<SourceFile> SourceFiles::ReadLocal(const std::string& path,
                                          const std::optional<Digest>& expected) {
  FLOWSTONE_LET(const os::FileDigest found, os::DigestOfFile(machine_.filesystem, path));
  SourceFile file{
      .path = path, .file_name = os::BaseName(path), .digest = found.digest, .size = found.size};
  FLOWSTONE_TRY(CheckSourceDigest(file, expected, path));
  return file;
}

Result<SourceFile> SourceFiles::Download(const std::string& url, const std::string& secret_url,
                                         const std::optional<Digest>& expected) {
  FLOWSTONE_LET(net::Transport * transport, open_transport_());
  FLOWSTONE_LET(const net::Url parsed, net::Url::Parse(url));
  FLOWSTONE_LET(const std::string file_name, parsed.FileName());
  FLOWSTONE_LET(net::Response response,
                Annotate(net::Fetch(*transport, {.url = secret_url}), "while fetching " + url));
  if (response.status != kOkStatus) {
    return StatusErrorOf(response.status, url);
  }
  SourceFile file{
      .file_name = file_name, .digest = Digest::Of(response.body), .size = response.body.size()};
  FLOWSTONE_TRY(CheckSourceDigest(file, expected, url));
  FLOWSTONE_LET(install::StagingDirectory staging,
                install::StagingDirectory::Create(machine_.filesystem, layout_));
  FLOWSTONE_TRY(
      os::ReplaceFile(machine_.filesystem, os::JoinPath(staging.path(), file_name), response.body));
  const std::string directory = DirectoryOf(file.digest);
  FLOWSTONE_TRY(os::MakeDirectories(machine_.filesystem, os::DirName(directory)));
  const Status published = staging.Publish(directory);
  if (!published && published.error().code != ErrorCode::kConflict) {
    return published.error();
  }
  file.path = os::JoinPath(directory, file_name);
  const std::string pointer = PointerOf(url);
  FLOWSTONE_TRY(os::MakeDirectories(machine_.filesystem, os::DirName(pointer)));
  FLOWSTONE_TRY(os::ReplaceFile(machine_.filesystem, pointer, file.digest.ToString() + "\n"));
  return file;
}

Result<SourceFile> SourceFiles::Fetch(const std::string& url, const std::string& secret_url,
                                      const std::optional<Digest>& expected) {
  if (os::IsAbsolutePath(url)) {
    return ReadLocal(url, expected);
  }
  FLOWSTONE_LET(const net::Url parsed, net::Url::Parse(url));
  if (parsed.scheme() == "file") {
    return ReadLocal(parsed.DecodedPath(), expected);
  }
  std::optional<SourceFile> kept;
  if (expected) {
    FLOWSTONE_LET(kept, FindKept(*expected));
  } else if (freshness_ != SourceFreshness::kFetched) {
    FLOWSTONE_LET(kept, FindRemembered(url));
  }
  if (kept) {
    return *std::move(kept);
  }
  if (freshness_ == SourceFreshness::kOffline) {
    return Error{.code = ErrorCode::kUnavailable,
                 .message = "the network is off, and " + url + " was not fetched before",
                 .hints = {"run once without --offline"}};
  }
  return Download(url, secret_url, expected);
}

}  // namespace flowstone::app
