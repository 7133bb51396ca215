#include "flowstone/base/base64.h"

#include <string_view>

namespace flowstone {
namespace {

constexpr std::string_view kUrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned kSextet = 6;  // bits
constexpr unsigned kOctet = 8;   // bits

}  // namespace

std::string Base64UrlEncode(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve((bytes.size() * kOctet + kSextet - 1) / kSextet);
  unsigned pending = 0;
  unsigned bits = 0;
  for (const std::byte byte : bytes) {
    pending = (pending << kOctet) | std::to_integer<unsigned>(byte);
    bits += kOctet;
    while (bits >= kSextet) {
      bits -= kSextet;
      text += kUrlAlphabet[(pending >> bits) & 0x3FU];
    }
  }
  if (bits > 0) {
    text += kUrlAlphabet[(pending << (kSextet - bits)) & 0x3FU];
  }
  return text;
}

}  // namespace flowstone
