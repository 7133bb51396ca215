#include "flowstone/net/redact.h"

#include <algorithm>
#include <array>

#include "flowstone/base/text.h"

namespace flowstone::net {
namespace {

constexpr std::string_view kMask = "****";
// What ends a URL inside a text.
constexpr std::string_view kUrlEnd = " \t\r\n\v\f\"<>";

constexpr std::array<std::string_view, 20> kSecretParameters = {"access_token",
                                                                "api_key",
                                                                "apikey",
                                                                "auth",
                                                                "awsaccesskeyid",
                                                                "client_secret",
                                                                "key",
                                                                "passwd",
                                                                "password",
                                                                "private_token",
                                                                "secret",
                                                                "sig",
                                                                "signature",
                                                                "token",
                                                                "x-amz-credential",
                                                                "x-amz-security-token",
                                                                "x-amz-signature",
                                                                "x-goog-credential",
                                                                "x-goog-signature",
                                                                "sas"};

bool IsSecretParameter(std::string_view name) {
  const std::string lower = AsciiLower(name);
  return std::find(kSecretParameters.begin(), kSecretParameters.end(), lower) !=
         kSecretParameters.end();
}

bool LooksLikePort(std::string_view text) {
  return std::all_of(text.begin(), text.end(), IsAsciiDigit);
}

// How much of `rest`, which starts after "://", is userinfo, its "@" not counted. A password with
// an unescaped "/" is not a valid one, but it is what people write: when what stands before the
// first "/" cannot be host:port, the last "@" of the URL is taken.
std::size_t UserinfoLength(std::string_view rest) {
  const std::string_view url = rest.substr(0, rest.find_first_of(kUrlEnd));
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    return at;
  }
  const std::size_t colon = authority.rfind(':');
  const bool plain = colon == std::string_view::npos || authority.front() == '[' ||
                     LooksLikePort(authority.substr(colon + 1));
  const std::size_t at = plain ? std::string_view::npos : url.rfind('@');
  return at == std::string_view::npos ? 0 : at;
}

void AppendUserinfo(std::string& out, std::string_view userinfo) {
  const std::size_t colon = userinfo.find(':');
  if (colon != std::string_view::npos) {
    out.append(userinfo.substr(0, colon + 1));
  }
  out.append(kMask);
}

// Appends a part of a URL with the values of secret parameters masked.
void AppendPart(std::string& out, std::string_view part) {
  constexpr std::string_view separators = "?&;#";
  std::size_t at = 0;
  while (at < part.size()) {
    const std::size_t next = std::min(part.find_first_of(separators, at + 1), part.size());
    const std::string_view piece = part.substr(at, next - at);  // with its leading separator
    const std::size_t equals = piece.find('=');
    const bool is_parameter = equals != std::string_view::npos &&
                              separators.find(piece.front()) != std::string_view::npos;
    if (is_parameter && IsSecretParameter(piece.substr(1, equals - 1))) {
      out.append(piece.substr(0, equals + 1)).append(kMask);
    } else {
      out.append(piece);
    }
    at = next;
  }
}

// Appends what follows the userinfo. The end of the authority stays where it is, whatever stands in
// it: what is a login would be something else to whoever reads the answer.
void AppendTail(std::string& out, std::string_view tail) {
  const std::size_t authority = std::min(tail.find_first_of("/?#"), tail.size());
  AppendPart(out, tail.substr(0, authority));
  AppendPart(out, tail.substr(authority));
}

}  // namespace

std::string RedactText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t mark = text.find("://");
    if (mark == std::string_view::npos) {
      return out.append(text);
    }
    out.append(text.substr(0, mark + 3));
    text.remove_prefix(mark + 3);
    if (const std::size_t length = UserinfoLength(text); length != 0) {
      AppendUserinfo(out, text.substr(0, length));
      text.remove_prefix(length);
    }
    // Another URL in this one (a proxy's, a redirect's) is left to the next round.
    const std::size_t end = std::min({text.find_first_of(kUrlEnd), text.find("://"), text.size()});
    AppendTail(out, text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace flowstone::net
