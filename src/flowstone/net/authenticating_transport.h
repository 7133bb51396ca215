// AuthenticatingTransport: a Transport that logs in.
//
// A request goes out with the best login of the CredentialStore, if there is one. When it is
// refused (401, 403), the next one for that URL is tried, and at last what `CredentialQuestion`
// answers; what was refused is told in Response::logins. Logins travel in the Authorization header,
// which the wrapped transport keeps to the origin it belongs to. A request that has this header
// already is left alone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "flowstone/net/credential_store.h"
#include "flowstone/net/secret.h"
#include "flowstone/net/transport.h"
#include "flowstone/net/url.h"

namespace flowstone::net {

// Asks somebody (the keyring) for the credentials of a URL. `user` is the one that the URL names;
// empty when it names none. It may take its time: it runs on a thread of its own.
using CredentialQuestion =
    std::function<std::optional<Credentials>(const Url& url, const std::string& user)>;

class AuthenticatingTransport final : public Transport {
 public:
  // `inner` outlives this. `source` says where `question`'s answers are from, for people.
  AuthenticatingTransport(Transport& inner, CredentialStore credentials,
                          CredentialQuestion question = nullptr, std::string source = {});
  // Requests that wait for an answer to the question end as the refusals they are.
  ~AuthenticatingTransport() override;
  AuthenticatingTransport(const AuthenticatingTransport&) = delete;
  AuthenticatingTransport& operator=(const AuthenticatingTransport&) = delete;

  void Start(Request request, Done done) override;

 private:
  class Gate;
  // Shared with the callbacks of requests under way, which may outlive this object.
  std::shared_ptr<Gate> gate_;
};

}  // namespace flowstone::net
