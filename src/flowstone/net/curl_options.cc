#include "flowstone/net/curl_transport.h"

namespace flowstone::net {
namespace {

// The first of these variables that is set to something.
std::string FirstOf(const os::Environment& environment,
                    std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (auto value = environment.GetNonEmpty(name)) {
      return *std::move(value);
    }
  }
  return "";
}

}  // namespace

CurlOptions CurlOptionsFromEnvironment(const os::Environment& environment) {
  CurlOptions options;
  options.http_proxy = FirstOf(environment, {"http_proxy", "all_proxy", "ALL_PROXY"});
  options.https_proxy =
      FirstOf(environment, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  options.no_proxy = FirstOf(environment, {"no_proxy", "NO_PROXY"});
  options.ca_file = FirstOf(environment, {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"});
  options.ca_directory = FirstOf(environment, {"SSL_CERT_DIR"});
  return options;
}

}  // namespace flowstone::net
