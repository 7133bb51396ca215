#include "flowstone/net/secret.h"

#include <cstdint>
#include <string_view>

namespace flowstone::net {
namespace {

// RFC 4648 §4, with padding.
std::string Base64(std::string_view bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = (group << 8U) | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      const std::uint32_t digit = (group >> (18U - 6U * j)) & 63U;
      text += j <= count ? alphabet[digit] : '=';
    }
  }
  return text;
}

}  // namespace

Secret BasicAuthorization(const Credentials& credentials) {
  return Secret("Basic " + Base64(credentials.user + ":" + credentials.password.Reveal()));
}

}  // namespace flowstone::net
