// Base64 of bytes as RECORD files hold hashes.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace flowstone {

// The alphabet that is safe in URLs, without padding (RFC 4648 §5).
std::string Base64UrlEncode(std::span<const std::byte> bytes);

}  // namespace flowstone
