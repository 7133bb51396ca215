#include "flowstone/index/local_digests.h"

#include <string_view>

#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::index {
namespace {

constexpr std::string_view kStampMagic = "flowstone-file-digest 1 ";
// A file that changed this recently may change again without a new time of change.
constexpr std::int64_t kSettledNs = 2'000'000'000;

std::string StampOf(const os::FileInfo& info) {
  return std::string(kStampMagic) + std::to_string(info.device) + " " + std::to_string(info.inode) +
         " " + std::to_string(info.size) + " " + std::to_string(info.modified_ns) + "\n";
}

}  // namespace

std::optional<Digest> LocalDigests::Remembered(const std::string& path,
                                               const std::string& stamp) const {
  const Result<std::string> text = files_.ReadFile(path);
  if (!text || !text->starts_with(stamp)) {
    return std::nullopt;
  }
  const Result<Digest> digest = Digest::Parse(std::string_view(*text).substr(stamp.size()));
  return digest ? std::optional(*digest) : std::nullopt;
}

Result<Digest> LocalDigests::Of(const std::string& path) {
  FLOWSTONE_LET(const os::FileInfo info, files_.Stat(path));
  const std::string stamp = StampOf(info);
  const std::string memory = os::JoinPath(directory_, Digest::Of(path).ToString());
  if (const std::optional<Digest> known = Remembered(memory, stamp)) {
    return *known;
  }
  FLOWSTONE_LET(const os::FileDigest found, os::DigestOfFile(files_, path));
  const bool is_settled = clock_.NowNs() - info.modified_ns > kSettledNs;
  if (is_settled && os::MakeDirectories(files_, directory_, 0700)) {
    // A full disk must not keep anybody from resolving.
    (void)os::ReplaceFile(files_, memory, stamp + found.digest.ToString(), 0600);
  }
  return found.digest;
}

Status AddLocalDigest(LocalDigests& digests, IndexFile& file) {
  if (file.sha256) {
    return Ok();
  }
  FLOWSTONE_LET(const net::Url url, net::Url::Parse(file.url));
  if (url.scheme() == "file") {
    FLOWSTONE_LET(file.sha256, digests.Of(url.DecodedPath()));
  }
  return Ok();
}

}  // namespace flowstone::index
