// IndexCache: what indexes said before, on disk (docs/formats/index-cache.md).
//
// Two kinds of entries: project pages as they were sent, with what decides how long they may be
// used, and METADATA texts of files. Entries are written atomically, so that processes may share
// the directory; an entry that does not read back is removed and counts as missing. Nothing of a
// URL's credentials enters a file or its name. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/index/freshness.h"
#include "flowstone/index/project_page.h"
#include "flowstone/net/url.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

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
