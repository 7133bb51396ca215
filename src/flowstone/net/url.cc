#include "flowstone/net/url.h"

#include <charconv>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/net/redact.h"

namespace flowstone::net {
namespace {

Error InvalidUrl(std::string_view text, std::string_view reason) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "invalid URL '" + RedactText(text) + "': " + std::string(reason)};
}

bool IsUnreserved(char c) {
  return IsAsciiAlnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

int HexValue(char c) {
  if (IsAsciiDigit(c)) {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void AppendEscaped(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

// Escapes what may not stand in a path, query or fragment; existing escapes stay.
std::string Escape(std::string_view text, std::string_view also) {
  constexpr std::string_view forbidden = " \"<>`{}|^\\";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || forbidden.find(c) != std::string_view::npos ||
        also.find(c) != std::string_view::npos) {
      AppendEscaped(out, c);
    } else {
      out += c;
    }
  }
  return out;
}

std::string EscapeUserinfo(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out += c;
    } else {
      AppendEscaped(out, c);
    }
  }
  return out;
}

// RFC 3986 §5.2.4, on an absolute path.
std::string RemoveDotSegments(std::string_view path) {
  const std::vector<std::string_view> segments = SplitText(path.substr(1), '/');
  std::vector<std::string_view> kept;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "." || segments[i] == "..") {
      if (segments[i] == ".." && !kept.empty()) {
        kept.pop_back();
      }
      if (last) {
        kept.emplace_back();
      }
    } else {
      kept.push_back(segments[i]);
    }
  }
  std::string out;
  for (const std::string_view segment : kept) {
    out += '/';
    out += segment;
  }
  return out.empty() ? "/" : out;
}

// The length of "scheme" when the text starts with "scheme:".
std::optional<std::size_t> SchemeLength(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':' && i > 0) {
      return i;
    }
    const bool fits =
        i == 0 ? IsAsciiAlpha(c) : IsAsciiAlnum(c) || c == '+' || c == '-' || c == '.';
    if (!fits) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

// Line breaks and tabs inside a link are layout of the page.
std::string WithoutLayout(std::string_view text) {
  std::string out(TrimText(text));
  std::erase_if(out, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return out;
}

bool IsHostCharacter(char c) {
  return IsUnreserved(c) || static_cast<unsigned char>(c) >= 0x80;
}

bool IsHost(std::string_view host) {
  for (const char c : host) {
    if (!IsHostCharacter(c)) {
      return false;
    }
  }
  return !host.empty();
}

bool IsBracketedHost(std::string_view host) {
  for (const char c : host) {
    if (HexValue(c) < 0 && c != ':' && c != '.') {
      return false;
    }
  }
  return host.find(':') != std::string_view::npos;
}

struct Authority {
  std::optional<Credentials> credentials;
  std::string host;
  std::optional<std::uint16_t> port;
};

Credentials ParseUserinfo(std::string_view userinfo) {
  const std::size_t colon = userinfo.find(':');
  if (colon == std::string_view::npos) {
    return Credentials{.user = PercentDecode(userinfo), .password = Secret()};
  }
  return Credentials{.user = PercentDecode(userinfo.substr(0, colon)),
                     .password = Secret(PercentDecode(userinfo.substr(colon + 1)))};
}

Result<std::optional<std::uint16_t>> ParsePort(std::string_view text, std::string_view url) {
  if (text.empty()) {
    return std::optional<std::uint16_t>();
  }
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc() || end != text.data() + text.size() || port == 0) {
    return InvalidUrl(url, "its port is not a number from 1 to 65535");
  }
  return std::optional<std::uint16_t>(port);
}

Result<Authority> ParseAuthority(std::string_view text, std::string_view url) {
  Authority authority;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    // "https://:@host" names nobody.
    if (const std::string_view userinfo = text.substr(0, at);
        !userinfo.empty() && userinfo != ":") {
      authority.credentials = ParseUserinfo(userinfo);
    }
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !IsBracketedHost(text.substr(1, close - 1)) ||
        (close + 1 < text.size() && text[close + 1] != ':')) {
      return InvalidUrl(url, "its IPv6 address is malformed");
    }
    authority.host = AsciiLower(text.substr(1, close - 1));
    port = text.substr(std::min(close + 2, text.size()));
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    authority.host = AsciiLower(text.substr(0, colon));
    port = text.substr(std::min(colon + 1, text.size()));
    if (!IsHost(authority.host)) {
      return InvalidUrl(url, authority.host.empty() ? "it names no host"
                                                    : "its host has a character that hosts "
                                                      "cannot have");
    }
  }
  FLOWSTONE_LET(authority.port, ParsePort(port, url));
  return authority;
}

std::uint16_t DefaultPort(std::string_view scheme) {
  if (scheme == "https") {
    return 443;
  }
  return scheme == "http" ? 80 : 0;
}

}  // namespace

std::string PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
                        HexValue(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<Url> Url::Parse(std::string_view given) {
  const std::string cleaned = WithoutLayout(given);
  std::string_view text = cleaned;
  const std::optional<std::size_t> scheme = SchemeLength(text);
  if (!scheme) {
    return InvalidUrl(given, "it does not start with http:, https: or file:");
  }
  Url url;
  url.scheme_ = AsciiLower(text.substr(0, *scheme));
  if (url.scheme_ != "http" && url.scheme_ != "https" && url.scheme_ != "file") {
    return InvalidUrl(given, "its scheme is not http, https or file");
  }
  text.remove_prefix(*scheme + 1);
  if (const std::size_t mark = text.find('#'); mark != std::string_view::npos) {
    url.fragment_ = Escape(text.substr(mark + 1), "");
    text = text.substr(0, mark);
  }
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    url.query_ = Escape(text.substr(mark + 1), "'");
    text = text.substr(0, mark);
  }
  const bool has_authority = text.starts_with("//");
  if (!has_authority && (url.scheme_ != "file" || !text.starts_with('/'))) {
    return InvalidUrl(given, "it names no host");
  }
  if (has_authority) {
    text.remove_prefix(2);
    const std::string_view authority = text.substr(0, text.find('/'));
    text.remove_prefix(authority.size());
    if (url.scheme_ == "file") {
      if (!authority.empty() && AsciiLower(authority) != "localhost") {
        return InvalidUrl(given, "a file: URL cannot name another machine");
      }
    } else {
      FLOWSTONE_LET(Authority parts, ParseAuthority(authority, given));
      url.credentials_ = std::move(parts.credentials);
      url.host_ = std::move(parts.host);
      url.port_ = parts.port == DefaultPort(url.scheme_) ? std::nullopt : parts.port;
    }
  }
  url.path_ = text.empty() ? "/" : RemoveDotSegments(Escape(text, ""));
  return url;
}

Url Url::FromPath(std::string_view absolute_path) {
  Url url;
  url.scheme_ = "file";
  std::string escaped;
  for (const char c : absolute_path) {
    if (c == '%') {
      AppendEscaped(escaped, c);
    } else {
      escaped += c;
    }
  }
  escaped = Escape(escaped, "?#");
  url.path_ = RemoveDotSegments(escaped.starts_with('/') ? escaped : "/" + escaped);
  return url;
}

std::uint16_t Url::port() const {
  return port_.value_or(DefaultPort(scheme_));
}

std::string Url::ToString() const {
  std::string out = scheme_ + "://";
  if (credentials_) {
    out += EscapeUserinfo(credentials_->user);
    if (!credentials_->password.empty()) {
      out += ":" + EscapeUserinfo(credentials_->password.Reveal());
    }
    out += "@";
  }
  const bool bracketed = host_.find(':') != std::string::npos;
  out += bracketed ? "[" + host_ + "]" : host_;
  if (port_) {
    out += ":" + std::to_string(*port_);
  }
  out += path_;
  if (query_) {
    out += "?" + *query_;
  }
  if (fragment_) {
    out += "#" + *fragment_;
  }
  return out;
}

std::string Url::Redacted() const {
  return RedactText(ToString());
}

std::string Url::Origin() const {
  return scheme_ + "://" + host_ + ":" + std::to_string(port());
}

Url Url::WithCredentials(std::optional<Credentials> credentials) const {
  Url url = *this;
  url.credentials_ = std::move(credentials);
  return url;
}

Url Url::WithoutFragment() const {
  Url url = *this;
  url.fragment_.reset();
  return url;
}

Url Url::WithPath(std::string escaped_path) const {
  Url url = *this;
  url.path_ = std::move(escaped_path);
  return url;
}

Url Url::AsDirectory() const {
  return path_.ends_with('/') ? *this : WithPath(path_ + "/");
}

Result<Url> Url::Resolve(std::string_view given) const {
  const std::string reference = WithoutLayout(given);
  if (SchemeLength(reference)) {
    FLOWSTONE_LET(Url url, Parse(reference));
    if (url.scheme_ == "file" && scheme_ != "file") {
      return InvalidUrl(given, "a page of a server cannot link to a file of this machine");
    }
    return url;
  }
  if (reference.starts_with("//")) {
    return Parse(scheme_ + ":" + reference);
  }
  Url base = WithoutCredentials().WithoutFragment();
  if (reference.empty() || reference.front() == '#') {
    return Parse(base.ToString() + reference);
  }
  base.query_.reset();
  if (reference.front() == '?') {
    return Parse(base.ToString() + reference);
  }
  if (reference.front() == '/') {
    return Parse(base.WithPath("").ToString() + reference);
  }
  return Parse(base.WithPath(path_.substr(0, path_.rfind('/') + 1)).ToString() + reference);
}

Result<std::string> Url::FileName() const {
  std::string name = PercentDecode(std::string_view(path_).substr(path_.rfind('/') + 1));
  bool bad = name.empty() || name == "." || name == "..";
  for (const char c : name) {
    bad = bad || c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  }
  if (bad) {
    return InvalidUrl(ToString(), "its last segment is not a file name");
  }
  return name;
}

std::string Url::DecodedPath() const {
  return PercentDecode(path_);
}

}  // namespace flowstone::net
