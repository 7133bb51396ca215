// CurlTransport: the real Transport, libcurl's multi interface on one thread.
//
// Connections are kept and shared, HTTP/2 requests to one host ride on one connection, names and
// TLS sessions are remembered. Responses are asked for in gzip and decoded, except when a range or
// a sink is given or the request has an Accept-Encoding of its own: those get the bytes as they
// are.
//
// Redirects (at most 10) are followed here rather than by libcurl: https never becomes http, a
// page never leads to a file, and Authorization is dropped when the origin (scheme, host, port)
// changes.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/net/transport.h"
#include "flowstone/os/clock.h"
#include "flowstone/os/environment.h"

namespace flowstone::net {

enum class HttpVersion : std::uint8_t { kHttp2OverTls, kHttp1 };

struct CurlOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  // A transfer of which nothing comes for this long, or less than a byte per second, is given up.
  std::chrono::seconds stall_timeout{30};
  int max_connections = 50;
  int max_connections_per_host = 50;
  HttpVersion http_version = HttpVersion::kHttp2OverTls;
  std::string ca_file = {};             // PEM; empty for the system's
  std::string ca_directory = {};        // hashed by openssl rehash; empty for the system's
  std::string client_certificate = {};  // PEM, with its key in the same file unless client_key
  std::string client_key = {};
  // Hosts ("host" or "host:port") whose certificate is not checked.
  std::vector<std::string> trusted_hosts = {};
  std::string http_proxy = {};   // for http: URLs; empty for none
  std::string https_proxy = {};  // for https: URLs
  std::string no_proxy = {};     // comma-separated hosts and domains, or "*"
  std::string user_agent = "flowstone";
};

// The proxies and certificates that the standard variables name: http_proxy (lower case only, as a
// CGI program's HTTP_PROXY is set by its client), HTTPS_PROXY, ALL_PROXY and NO_PROXY in either
// case; SSL_CERT_FILE, SSL_CERT_DIR, then REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.
CurlOptions CurlOptionsFromEnvironment(const os::Environment& environment);

class CurlTransport final : public Transport {
 public:
  // Cheap: libcurl is loaded and the thread started by the first request. `clock`, which outlives
  // this, says how long nothing came.
  CurlTransport(CurlOptions options, os::Clock& clock);
  // Ends every request under way with kCancelled and joins the thread.
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  // kIo when libcurl cannot be loaded.
  void Start(Request request, Done done) override;

 private:
  class Loop;
  Result<Loop*> RunningLoop();

  const CurlOptions options_;
  os::Clock& clock_;
  std::mutex mutex_;            // guards loop_ until it is set
  std::unique_ptr<Loop> loop_;  // nothing until the first request
};

}  // namespace flowstone::net
