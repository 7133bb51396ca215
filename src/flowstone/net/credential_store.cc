#include "flowstone/net/credential_store.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace flowstone::net {
namespace {

std::size_t SharedPrefix(const std::string& a, const std::string& b) {
  const auto end = std::ranges::mismatch(a, b).in1;
  return static_cast<std::size_t>(end - a.begin());
}

}  // namespace

Login BasicLogin(const Credentials& credentials, const std::string& source) {
  // A user without a password may be a token.
  const std::string who =
      credentials.password.empty() ? "a user without a password" : credentials.user;
  return {.authorization = BasicAuthorization(credentials),
          .description = "the credentials of " + who + " (" + source + ")"};
}

Login BearerLogin(const Secret& token, const std::string& source) {
  return {.authorization = Secret("Bearer " + token.Reveal()),
          .description = "the token (" + source + ")"};
}

void CredentialStore::Add(const Url& url, const std::string& source) {
  if (url.credentials()) {
    known_.push_back({.realm = url, .login = BasicLogin(*url.credentials(), source)});
  }
}

void CredentialStore::AddToken(const Url& realm, const Secret& token, const std::string& source) {
  known_.push_back({.realm = realm, .login = BearerLogin(token, source)});
}

std::vector<Login> CredentialStore::Find(const Url& url) const {
  if (url.credentials()) {
    return {BasicLogin(*url.credentials(), "the URL")};
  }
  std::vector<const Known*> fitting;
  for (const Known& known : known_) {
    if (known.realm.Origin() == url.Origin()) {
      fitting.push_back(&known);
    }
  }
  std::ranges::stable_sort(fitting, std::greater(), [&](const Known* known) {
    return SharedPrefix(known->realm.path(), url.path());
  });
  std::vector<Login> logins;
  const auto add = [&logins](const Login& login) {
    const auto same = [&](const Login& other) {
      return other.authorization == login.authorization;
    };
    if (std::ranges::none_of(logins, same)) {
      logins.push_back(login);
    }
  };
  for (const Known* known : fitting) {
    add(known->login);
  }
  if (const auto credentials = netrc_.Find(url.host())) {
    add(BasicLogin(*credentials, netrc_path_));
  }
  return logins;
}

std::optional<std::string> CredentialStore::UserToAskFor(const Url& url) const {
  if (url.credentials()) {
    return url.credentials()->password.empty() ? std::optional(url.credentials()->user)
                                               : std::nullopt;
  }
  for (const Known& known : known_) {
    const std::optional<Credentials>& credentials = known.realm.credentials();
    if (known.realm.Origin() == url.Origin() && credentials && credentials->password.empty()) {
      return credentials->user;
    }
  }
  return "";
}

}  // namespace flowstone::net
