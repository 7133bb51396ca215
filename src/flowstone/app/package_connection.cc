#include "flowstone/app/package_connection.h"

#include <algorithm>
#include <utility>

#include "flowstone/net/netrc.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::app {
namespace {

net::CurlOptions TransportOptions(const Machine& machine, const index::IndexSettings& settings) {
  net::CurlOptions options = net::CurlOptionsFromEnvironment(machine.environment);
  if (!settings.ca_file.empty()) {
    options.ca_file = settings.ca_file;
  }
  options.client_certificate = settings.client_certificate;
  options.trusted_hosts = settings.trusted_hosts;
  return options;
}

net::CredentialStore Credentials(const Machine& machine, const index::IndexSettings& settings) {
  net::CredentialStore credentials(net::LoadNetrc(machine.environment, machine.filesystem).netrc);
  for (const std::string& text : settings.indexes) {
    if (const Result<net::Url> url = net::Url::Parse(text)) {
      credentials.Add(*url);
    }
  }
  for (const std::string& text : settings.find_links) {
    if (const Result<net::Url> url = net::Url::Parse(text)) {
      credentials.Add(*url);
    }
  }
  return credentials;
}

}  // namespace

Result<std::unique_ptr<PackageConnection>> PackageConnection::Open(const Machine& machine,
                                                                   Options options) {
  std::unique_ptr<PackageConnection> connection(new PackageConnection());
  FLOWSTONE_LET(connection->settings_,
                index::ResolveIndexSettings(options.request,
                                            {.working_directory = machine.working_directory,
                                             .default_index_url = options.default_index_url},
                                            machine.environment, machine.filesystem));
  connection->DropMissingDirectories(machine.filesystem, options.request.find_links);
  const index::IndexSettings& settings = connection->settings_;
  connection->curl_ = std::make_unique<net::CurlTransport>(TransportOptions(machine, settings));
  connection->authenticating_ = std::make_unique<net::AuthenticatingTransport>(
      *connection->curl_, Credentials(machine, settings));
  connection->retrying_ = std::make_unique<net::RetryingTransport>(
      *connection->authenticating_, machine.clock,
      net::RetryOptions{.seed = static_cast<std::uint64_t>(machine.clock.NowNs())});
  std::vector<index::IndexDefinition> indexes;
  for (const std::string& url : settings.indexes) {
    indexes.push_back({.url = url});
  }
  connection->index_ = std::make_unique<index::PackageIndex>(
      *connection->retrying_, machine.filesystem, machine.clock,
      index::PackageIndexOptions{.indexes = std::move(indexes),
                                 .find_links = settings.find_links,
                                 .mode = options.mode,
                                 .cache_directory = std::move(options.cache_directory)});
  return connection;
}

void PackageConnection::DropMissingDirectories(os::FileSystem& filesystem,
                                               const std::vector<std::string>& explicit_links) {
  std::vector<std::string> kept;
  for (const std::string& link : settings_.find_links) {
    const bool is_explicit =
        std::find(explicit_links.begin(), explicit_links.end(), link) != explicit_links.end();
    if (os::IsAbsolutePath(link) && !is_explicit) {
      const Result<bool> exists = os::Exists(filesystem, link);
      if (exists && !*exists) {
        warnings_.push_back("the configured find-links directory " + link +
                            " is not there and is left out");
        continue;
      }
    }
    kept.push_back(link);
  }
  settings_.find_links = std::move(kept);
}

}  // namespace flowstone::app
