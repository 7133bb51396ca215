// PageFetcher: the page of one project on one index: from the cache while it is fresh, else from
// the index, asked whether it changed.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "flowstone/base/result.h"
#include "flowstone/index/fetch_runtime.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/net/url.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

class PageFetcher {
 public:
  // Nothing when the index does not have the project.
  using Answer = Result<std::optional<ProjectPage>>;
  using Done = std::function<void(Answer)>;

  PageFetcher(FetchRuntime& runtime, FetchMode mode) : runtime_(runtime), mode_(mode) {}

  // Calls `done` once, on this thread (a worker) or on another worker. `this` outlives the workers.
  void Fetch(const net::Url& index, const pypi::Name& name, Done done);

 private:
  Answer ReadTree(const net::Url& index, const pypi::Name& name);
  void Ask(const net::Url& index, const pypi::Name& name, std::optional<CachedPage> cached,
           Done done);
  void TakeUnchanged(const net::Url& index, const pypi::Name& name, CachedPage cached,
                     const net::Headers& headers, Done done);
  Answer TakeNew(const net::Url& index, const pypi::Name& name, Result<net::Response> outcome);

  FetchRuntime& runtime_;
  const FetchMode mode_;
};

}  // namespace flowstone::index
