#include "flowstone/base/digest.h"

// OpenSSL 3 deprecates the functions of one algorithm for EVP, whose first digest costs 0.8 ms and
// whose end of process another 1.0 (it loads providers and a configuration file). Every command
// hashes something.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <span>

#include "flowstone/base/check.h"
#include "flowstone/base/hex.h"

namespace flowstone {

struct Hasher::State {
  SHA256_CTX context;
  State() { FLOWSTONE_CHECK(SHA256_Init(&context) == 1); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::Update(std::string_view piece) {
  FLOWSTONE_CHECK(SHA256_Update(&state_->context, piece.data(), piece.size()) == 1);
}

Digest Hasher::Finish() {
  std::array<std::uint8_t, Digest::kSize> bytes{};
  FLOWSTONE_CHECK(SHA256_Final(bytes.data(), &state_->context) == 1);
  FLOWSTONE_CHECK(SHA256_Init(&state_->context) == 1);
  return Digest(bytes);
}

Result<Digest> Digest::Parse(std::string_view hex) {
  const auto bytes = HexDecodeExactly<kSize>(hex);
  if (!bytes) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + std::string(hex) + "' is not a sha256 (64 hexadecimal digits)"};
  }
  return Digest(*bytes);
}

Digest Digest::Of(std::string_view content) {
  Hasher hasher;
  hasher.Update(content);
  return hasher.Finish();
}

std::string Digest::ToString() const {
  return HexEncode(std::as_bytes(std::span(bytes_)));
}

}  // namespace flowstone
