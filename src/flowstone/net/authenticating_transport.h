// AuthenticatingTransport: a Transport that logs in.
//
// The credentials of a request are those in its URL, else those of a configured URL of the same
// origin (an index whose files lie beside it), else the netrc entry of its host. They travel in
// an `Authorization: Basic` header that the wrapped transport keeps to the origin it belongs to.
#pragma once

#include <optional>
#include <vector>

#include "flowstone/net/netrc.h"
#include "flowstone/net/secret.h"
#include "flowstone/net/transport.h"
#include "flowstone/net/url.h"

namespace flowstone::net {

// What we may log in with. A value; give it to the transport when it is complete.
class CredentialStore {
 public:
  CredentialStore() = default;
  explicit CredentialStore(Netrc netrc) : netrc_(std::move(netrc)) {}

  // Remembers the credentials of `url`, if it has any, for its origin.
  void Add(const Url& url);
  // Of several URLs of one origin the one that shares the most of the path counts, then the first.
  std::optional<Credentials> Find(const Url& url) const;

 private:
  std::vector<Url> urls_;
  Netrc netrc_;
};

class AuthenticatingTransport final : public Transport {
 public:
  // `inner` outlives this.
  AuthenticatingTransport(Transport& inner, CredentialStore credentials)
      : inner_(inner), credentials_(std::move(credentials)) {}

  void Start(Request request, Done done) override;

 private:
  Transport& inner_;
  const CredentialStore credentials_;
};

}  // namespace flowstone::net
