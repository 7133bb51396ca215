// SourceFiles: the archives of source distributions and direct references, fetched once and kept by
// their content below the cache.
//
//   <home>/v1/build/archive/<aa>/<sha256>/<file name>
//   <home>/v1/build/url/<sha256 of the URL>    which archive a URL gave when it was last fetched
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "flowstone/app/machine.h"
#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/net/transport.h"

namespace flowstone::app {

struct SourceFile {
  std::string path = {};
  std::string file_name = {};
  Digest digest = {};
  std::uint64_t size = 0;
};

enum class SourceFreshness : std::uint8_t {
  kRemembered,  // what a URL gave before is what it gives
  kFetched,     // it is fetched again, unless its digest is known
  kOffline,     // only what is here
};

class SourceFiles {
 public:
  // Opens the network when it is first needed.
  using OpenTransport = std::function<Result<net::Transport*>()>;

  SourceFiles(const Machine& machine, const install::CacheLayout& layout,
              OpenTransport open_transport, SourceFreshness freshness);

  // The file at an http(s) or file URL, or at an absolute path; local ones stay where they are.
  // `secret_url` may hold credentials, `url` does not and is what messages and the cache see.
  // kCorrupt, naming both digests, when it is not `expected`; kUnavailable when the network is off
  // and it is not here.
  Result<SourceFile> Fetch(const std::string& url, const std::string& secret_url,
                           const std::optional<Digest>& expected);

 private:
  Result<std::optional<SourceFile>> FindKept(const Digest& digest);
  Result<std::optional<SourceFile>> FindRemembered(const std::string& url);
  Result<SourceFile> Download(const std::string& url, const std::string& secret_url,
                              const std::optional<Digest>& expected);
  Result<SourceFile> ReadLocal(const std::string& path, const std::optional<Digest>& expected);
  std::string DirectoryOf(const Digest& digest) const;
  std::string PointerOf(const std::string& url) const;

  const Machine& machine_;
  const install::CacheLayout layout_;
  OpenTransport open_transport_;
  SourceFreshness freshness_;
};

}  // namespace flowstone::app
