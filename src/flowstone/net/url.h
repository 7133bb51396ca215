// Url: an absolute http, https or file URL (RFC 3986), split into its components.
//
// Parsing is as lenient as links on index pages need: surrounding space is dropped, characters that
// must be escaped are, and the scheme and host are lowered. What comes out is canonical: Parse and
// ToString are inverses on it. A Url is printed with its credentials redacted.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/net/secret.h"

namespace flowstone::net {

class Url {
 public:
  // kInvalid for anything that is not absolute, has another scheme, or no host where one is due.
  static Result<Url> Parse(std::string_view given);
  // The file: URL of an absolute path.
  static Url FromPath(std::string_view absolute_path);

  // The whole URL, credentials included: for the wire, never for a message, a file or a name.
  std::string ToString() const;
  // The URL as it may be printed: see RedactText.
  std::string Redacted() const;

  const std::string& scheme() const { return scheme_; }
  const std::optional<Credentials>& credentials() const { return credentials_; }
  const std::string& host() const { return host_; }  // without brackets for IPv6; empty for file
  // The port in use: the written one, or the scheme's. 0 for file.
  std::uint16_t port() const;
  const std::string& path() const { return path_; }                   // escaped; starts with "/"
  const std::optional<std::string>& query() const { return query_; }  // without "?"
  const std::optional<std::string>& fragment() const { return fragment_; }  // without "#"
  // "https://host:443": two URLs of one origin may share credentials (RFC 6454).
  std::string Origin() const;

  Url WithCredentials(std::optional<Credentials> credentials) const;
  Url WithoutCredentials() const { return WithCredentials(std::nullopt); }
  Url WithoutFragment() const;
  Url WithPath(std::string escaped_path) const;
  // The same with a path that ends in "/".
  Url AsDirectory() const;

  // The URL that a link on the page at this URL means (RFC 3986 §5.2). Credentials are not
  // inherited: they belong to requests, not to links.
  Result<Url> Resolve(std::string_view given) const;

  // The last path segment, percent-decoded once. kInvalid when the result is empty, "." or "..", or
  // holds "/", "\" or a control character: such a name must not become a path.
  Result<std::string> FileName() const;
  // The path, percent-decoded: a path on disk for file: URLs.
  std::string DecodedPath() const;

  friend bool operator==(const Url&, const Url&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Url& url) {
    return out << url.Redacted();
  }

 private:
  Url() = default;

  std::string scheme_;
  std::optional<Credentials> credentials_;
  std::string host_;
  std::optional<std::uint16_t> port_;
  std::string path_;
  std::optional<std::string> query_;
  std::optional<std::string> fragment_;
};

// Each "%41" becomes "A", once; an incomplete escape stays as it is.
std::string PercentDecode(std::string_view text);

}  // namespace flowstone::net
