// Secret: a text that must not be printed. Only Reveal gives it, and only the code that puts it on
// the wire calls that.
// Credentials: who we are at one origin.
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace flowstone::net {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  const std::string& Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend bool operator==(const Secret&, const Secret&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "****"; }

 private:
  std::string text_;
};

// A token given alone (`https://TOKEN@host/`) is a user with an empty password, so the user is a
// secret as well as long as there is no password beside it.
struct Credentials {
  std::string user;
  Secret password;
  friend bool operator==(const Credentials&, const Credentials&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Credentials& credentials) {
    return out << (credentials.password.empty() ? "****" : credentials.user + ":****");
  }
};

// The value of an `Authorization` header by RFC 7617: "Basic dXNlcjpwYXNz". A secret.
Secret BasicAuthorization(const Credentials& credentials);

}  // namespace flowstone::net
