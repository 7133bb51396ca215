#include "flowstone/app/package_connection.h"

#include <utility>

namespace flowstone::app {

namespace {

Result<IndexAccess> AccessOf(const Machine& machine, const PackageConnection::Options& options) {
  const std::shared_ptr<const IndexAccess>& known = options.access;
  const bool is_the_same = known != nullptr && known->request == options.request &&
                           known->default_index_url == options.default_index_url;
  return is_the_same ? *known
                     : IndexAccess::Load(machine, options.request, options.default_index_url);
}

}  // namespace

Result<std::unique_ptr<PackageConnection>> PackageConnection::Open(const Machine& machine,
                                                                   Options options) {
  std::unique_ptr<PackageConnection> connection(new PackageConnection());
  FLOWSTONE_LET(connection->access_, AccessOf(machine, options));
  const index::IndexSettings& settings = connection->settings();
  connection->curl_ = std::make_unique<net::CurlTransport>(
      connection->access_.TransportOptions(machine), machine.clock);
  connection->metered_ = std::make_unique<net::MeteredTransport>(*connection->curl_);
  connection->authenticating_ = std::make_unique<net::AuthenticatingTransport>(
      *connection->metered_, connection->access_.credentials, connection->access_.Question(machine),
      "keyring");
  net::RetryOptions retries{.seed = static_cast<std::uint64_t>(machine.clock.NowNs())};
  retries.retries = settings.retries.value_or(retries.retries);
  connection->retrying_ = std::make_unique<net::RetryingTransport>(*connection->authenticating_,
                                                                   machine.clock, retries);
  connection->index_ = std::make_unique<index::PackageIndex>(
      *connection->retrying_, machine.filesystem, machine.clock,
      index::PackageIndexOptions{.indexes = settings.indexes,
                                 .strategy = settings.strategy,
                                 .pins = settings.pins,
                                 .find_links = settings.find_links,
                                 .mode = options.mode,
                                 .stale_pages = options.stale_pages,
                                 .refreshed = std::move(options.refreshed),
                                 .cache_directory = std::move(options.cache_directory),
                                 .timing = options.timing});
  return connection;
}

}  // namespace flowstone::app
