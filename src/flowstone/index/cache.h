// IndexCache: what indexes said before (docs/formats/index-cache.md): the listings of projects,
// how long each may be used, and the metadata of files, all of it parsed. A file without a project
// and metadata that cannot be read are answers as well, and are kept.
//
// Processes may share the directory. Nothing of a URL's credentials is kept. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/freshness.h"
#include "flowstone/index/knowledge.h"
#include "flowstone/index/listing.h"
#include "flowstone/index/parsed_metadata.h"
#include "flowstone/index/project_page.h"
#include "flowstone/net/url.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/pypi/metadata.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

struct CachedPage {
  Freshness freshness;
  std::optional<Listing> listing;  // nothing: the index does not have the project
};

// A page of links, as it came.
struct LinkPage {
  std::string content_type;
  std::string url;  // what its links are relative to
  std::string body;
};

struct CachedLinks {
  Freshness freshness;
  LinkPage page;
};

// A file that an index names and no server has.
struct CachedAbsence {
  Freshness freshness;
  int status = 0;  // of the answer: 404 or 410
};

class IndexCache {
 public:
  // `root` is created when something is written. `files` outlives this.
  IndexCache(os::FileSystem& files, std::string root);

  std::optional<CachedPage> FindPage(const net::Url& index, const pypi::Name& name);
  // Keeps an answer and gives it back as it will be found. `page` is null when the index does not
  // have the project.
  CachedPage StorePage(const net::Url& index, const pypi::Name& name, Freshness freshness,
                       const ProjectPage* page);
  // The page is what it was, and may be used for longer. The listing is not written again.
  void RenewPage(const net::Url& index, const pypi::Name& name, const CachedPage& page);

  // The names of all projects that an index is known to have files of, sorted. Looks at every
  // listing: for those who have failed anyway.
  std::vector<std::string> KnownProjects();

  // As FindPage and so on, for pages of links, which are of no project. They are kept as they came:
  // there are few, and what is looked for in one differs from resolve to resolve.
  std::optional<CachedLinks> FindLinks(const net::Url& url);
  void StoreLinks(const net::Url& url, const CachedLinks& links);
  void RenewLinks(const net::Url& url, const CachedLinks& links);

  // The metadata of a file, by its sha256 when the index gave one, else by its URL.
  std::optional<ParsedMetadata> FindMetadata(const IndexFile& file);
  // Keeps what a METADATA text says, or that it cannot be read.
  ParsedMetadata StoreMetadata(const IndexFile& file, std::string_view text);

  // That a file is not there. By its URL: another index may have the same file.
  std::optional<CachedAbsence> FindAbsence(const IndexFile& file);
  void StoreAbsence(const IndexFile& file, const CachedAbsence& absence);

  // Writes what was stored. Without this the destructor does.
  Status Flush() { return knowledge_.Flush(); }

  // A directory for files that are removed after use; created if it is missing.
  Result<std::string> ScratchDirectory();

 private:
  struct Policy {
    Freshness freshness;
    std::uint32_t status = 0;
    std::uint32_t listing_checksum = 0;  // of the record that it is about
  };
  std::optional<Policy> FindPolicy(const KnowledgeKey& key);
  // Names a page in the knowledge, whatever the spelling of the index.
  Digest PageId(const net::Url& index, const pypi::Name& name) const;

  os::FileSystem& files_;
  const std::string root_;
  Knowledge knowledge_;
};

}  // namespace flowstone::index
