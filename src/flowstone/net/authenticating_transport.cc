#include "flowstone/net/authenticating_transport.h"

#include <algorithm>
#include <string>
#include <utility>

namespace flowstone::net {
namespace {

std::size_t SharedPrefix(const std::string& a, const std::string& b) {
  const auto end = std::min(a.size(), b.size());
  std::size_t i = 0;
  while (i < end && a[i] == b[i]) {
    ++i;
  }
  return i;
}

}  // namespace

void CredentialStore::Add(const Url& url) {
  if (url.credentials()) {
    urls_.push_back(url);
  }
}

std::optional<Credentials> CredentialStore::Find(const Url& url) const {
  const Url* best = nullptr;
  std::size_t best_shared = 0;
  for (const Url& known : urls_) {
    if (known.Origin() != url.Origin()) {
      continue;
    }
    const std::size_t shared = SharedPrefix(known.path(), url.path());
    if (best == nullptr || shared > best_shared) {
      best = &known;
      best_shared = shared;
    }
  }
  return best != nullptr ? best->credentials() : netrc_.Find(url.host());
}

void AuthenticatingTransport::Start(Request request, Done done) {
  const Result<Url> url = Url::Parse(request.url);
  if (url && url->scheme() != "file") {
    const std::optional<Credentials> credentials =
        url->credentials() ? url->credentials() : credentials_.Find(*url);
    request.url = url->WithoutCredentials().ToString();
    if (credentials && !request.headers.Get("Authorization")) {
      request.headers.Set("Authorization", BasicAuthorization(*credentials).Reveal());
    }
  }
  inner_.Start(std::move(request), std::move(done));
}

}  // namespace flowstone::net
