// CredentialStore: what we may log in with, and what of it fits a URL. A value; give it to the
// AuthenticatingTransport when it is complete.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flowstone/net/netrc.h"
#include "flowstone/net/secret.h"
#include "flowstone/net/url.h"

namespace flowstone::net {

struct Login {
  Secret authorization;     // the value of the header
  std::string description;  // for people, without secrets: "the credentials of ada (UV_INDEX)"
  friend bool operator==(const Login&, const Login&) = default;
};

// With a user and a password, or a token in the place of the user. `source` is where they stand.
Login BasicLogin(const Credentials& credentials, const std::string& source);
// RFC 6750.
Login BearerLogin(const Secret& token, const std::string& source);

class CredentialStore {
 public:
  CredentialStore() = default;
  explicit CredentialStore(Netrc netrc, std::string netrc_path = "netrc")
      : netrc_(std::move(netrc)), netrc_path_(std::move(netrc_path)) {}

  // Remembers the credentials of `url`, if it has any, for its origin.
  void Add(const Url& url, const std::string& source);
  void AddToken(const Url& realm, const Secret& token, const std::string& source);

  // The logins for a URL, best first: those in the URL itself, and nothing else then; those of
  // configured URLs of its origin, the one that shares most of the path first; netrc.
  std::vector<Login> Find(const Url& url) const;
  // Whose password a keyring may be asked for: the user that the URL, or a configured one of its
  // origin, names without a password; empty for anybody's. Nothing when the URL has a password.
  std::optional<std::string> UserToAskFor(const Url& url) const;

 private:
  struct Known {
    Url realm;  // with the credentials it came with
    Login login;
  };
  std::vector<Known> known_;
  Netrc netrc_;
  std::string netrc_path_;
};

}  // namespace flowstone::net
