// PackageConnection: the network and the indexes as this user has them configured, opened on first
// use. A run whose environments are ready never opens it.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "flowstone/app/index_access.h"
#include "flowstone/app/machine.h"
#include "flowstone/base/result.h"
#include "flowstone/index/index_settings.h"
#include "flowstone/index/package_index.h"
#include "flowstone/net/authenticating_transport.h"
#include "flowstone/net/curl_transport.h"
#include "flowstone/net/metered_transport.h"
#include "flowstone/net/retrying_transport.h"
#include "flowstone/pypi/name.h"

namespace flowstone::app {

class PackageConnection {
 public:
  struct Options {
    index::IndexRequest request;
    index::FetchMode mode = index::FetchMode::kNormal;
    index::CallTiming timing = index::CallTiming::kOff;
    index::StalePages stale_pages = index::StalePages::kRevalidatedFirst;
    std::set<pypi::Name> refreshed = {};  // projects whose cached pages are revalidated
    std::string default_index_url;
    std::string cache_directory;  // of the index cache
    // The configuration as it was read before; null, or for another request: it is read.
    std::shared_ptr<const IndexAccess> access = nullptr;
  };

  // Reads settings and credentials; connects to nothing. `machine` outlives it. kInvalid for a
  // configuration that cannot be read.
  static Result<std::unique_ptr<PackageConnection>> Open(const Machine& machine, Options options);

  net::Transport& transport() { return *retrying_; }
  index::PackageIndex& index() { return *index_; }
  index::IndexCounters counters() const { return index_->Counters(); }
  net::TransferCounters transfers() const { return metered_->counters(); }
  const index::IndexSettings& settings() const { return access_.settings; }
  // What was left out of the configuration or is unsafe in it, one sentence each.
  const std::vector<std::string>& warnings() const { return access_.warnings; }

 private:
  PackageConnection() = default;

  IndexAccess access_;
  // In the order of construction: each wraps the one before.
  std::unique_ptr<net::CurlTransport> curl_;
  std::unique_ptr<net::MeteredTransport> metered_;
  std::unique_ptr<net::AuthenticatingTransport> authenticating_;
  std::unique_ptr<net::RetryingTransport> retrying_;
  std::unique_ptr<index::PackageIndex> index_;
};

}  // namespace flowstone::app
