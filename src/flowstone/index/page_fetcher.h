// PageFetcher: the page of one project on one index: from the cache while it is fresh, else from
// the index, asked whether it changed; when the caller can live with it, a stale page at once,
// while the index is asked.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/fetch_runtime.h"
#include "flowstone/index/listing.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/index/revalidations.h"
#include "flowstone/net/url.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

// Which page is wanted, and how much a cached one is worth.
struct PageQuery {
  net::Url index;
  pypi::Name name;
  FetchMode mode = FetchMode::kNormal;
  StalePages stale_pages = StalePages::kRevalidatedFirst;
  std::vector<int> ignored_statuses = {};  // mean "does not have the project", as 404 and 410 do
};

class PageFetcher {
 public:
  // Nothing when the index does not have the project.
  using Answer = Result<std::optional<Listing>>;
  using Done = std::function<void(Answer)>;

  // `runtime` outlives this.
  explicit PageFetcher(FetchRuntime& runtime) : runtime_(runtime) {}

  // Pages that were looked for, and those of them that no server was waited for.
  std::uint64_t pages() const { return pages_; }
  std::uint64_t cached_pages() const { return cached_pages_; }
  // What became of the stale pages that were given out.
  Revalidations& revalidations() { return revalidations_; }

  // Calls `done` once, on this thread or on a worker. Reads the disk for file: indexes, and never
  // waits for a server. `this` outlives the workers.
  void Fetch(PageQuery query, Done done);

 private:
  Answer ReadTree(const net::Url& index, const pypi::Name& name);
  void Ask(PageQuery query, std::optional<CachedPage> cached, Done done);
  void Revalidate(const PageQuery& query, CachedPage cached);
  // What the index said of the page in this process, if it was given out stale before.
  std::optional<std::optional<Listing>> Revalidated(const PageQuery& query);
  void TakeUnchanged(const PageQuery& query, CachedPage cached, const net::Headers& headers,
                     const Done& done);
  Answer TakeNew(const PageQuery& query, Result<net::Response> outcome);

  FetchRuntime& runtime_;
  std::atomic<std::uint64_t> pages_ = 0;
  std::atomic<std::uint64_t> cached_pages_ = 0;
  Revalidations revalidations_;
  std::mutex mutex_;                                                     // guards what follows
  std::unordered_map<std::string, std::optional<Listing>> revalidated_;  // by URL
};

}  // namespace flowstone::index
