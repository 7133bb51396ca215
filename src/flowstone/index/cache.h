// IndexCache: what indexes said before, on disk.
//
// Two kinds of entries: project pages as they were sent, with the facts that decide how long they
// may be used (docs/formats/index-cache.md), and METADATA texts of files. Entries are written
// atomically, so that processes may share the directory; an entry that does not read back is
// removed and counts as missing. Nothing of a URL's credentials enters a file or its name.
// Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/index/project_page.h"
#include "flowstone/net/transport.h"
#include "flowstone/net/url.h"
#include "flowstone/os/clock.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

// How long a response may be used, and what to ask with afterwards (RFC 9111, for a private cache).
struct Freshness {
  std::int64_t received_ns = 0;  // wall clock
  std::int64_t lifetime_s = 0;   // 0: ask every time
  std::string etag = {};
  std::string last_modified = {};
  friend bool operator==(const Freshness&, const Freshness&) = default;
};

// From Cache-Control, Age, Expires and Date. A response without any of them is used for ten
// minutes when it has no validator either, and revalidated every time otherwise. Nothing when it
// must not be stored.
std::optional<Freshness> FreshnessOf(const net::Headers& headers, std::int64_t received_ns);

// An entry from the future (the clock was set back) is stale.
bool IsFresh(const Freshness& freshness, std::int64_t now_ns);

struct CachedPage {
  int status = 200;          // 200, or 404: the index does not have the project
  std::string content_type;  // of the body
  std::string url;           // after redirects, without credentials
  Freshness freshness;
  std::string body;
  friend bool operator==(const CachedPage&, const CachedPage&) = default;
};

class IndexCache {
 public:
  // `root` is created when something is written. `files` outlives this.
  IndexCache(os::FileSystem& files, std::string root);

  std::optional<CachedPage> FindPage(const net::Url& index, const pypi::Name& name);
  Status StorePage(const net::Url& index, const pypi::Name& name, const CachedPage& page);

  // The METADATA of a file, by its sha256 when the index gave one, else by its URL.
  std::optional<std::string> FindMetadata(const IndexFile& file);
  Status StoreMetadata(const IndexFile& file, std::string_view text);

  // A directory for files that are removed after use; created if it is missing.
  Result<std::string> ScratchDirectory();

 private:
  std::string PagePath(const net::Url& index, const pypi::Name& name) const;
  std::string MetadataPath(const IndexFile& file) const;
  std::optional<std::string> ReadEntry(const std::string& path, std::string_view magic);
  Status WriteEntry(const std::string& path, std::string_view magic, std::string_view payload);

  os::FileSystem& files_;
  const std::string root_;
};

}  // namespace flowstone::index
