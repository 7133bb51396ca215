#include "flowstone/lock/url_credentials.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace flowstone::lock {

std::string WithoutCredentials(std::string_view url) {
  if (url.find('@') == std::string_view::npos) {  // as of nearly all
    return std::string(url);
  }
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) {
    return std::string(url);
  }
  const std::size_t authority = scheme_end + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", authority), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < authority) {
    return std::string(url);
  }
  std::string user;
  if (url.substr(0, scheme_end).ends_with("ssh")) {
    const std::string_view given = url.substr(authority, at - authority);
    user = std::string(given.substr(0, given.find(':'))) + "@";
  }
  return std::string(url.substr(0, authority)) + user + std::string(url.substr(at + 1));
}

}  // namespace flowstone::lock
