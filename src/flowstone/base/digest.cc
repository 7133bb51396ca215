#include "flowstone/base/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <span>

#include "flowstone/base/hex.h"

namespace flowstone {

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { FLOWSTONE_CHECK(EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1); }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::Update(std::string_view piece) {
  FLOWSTONE_CHECK(EVP_DigestUpdate(state_->context, piece.data(), piece.size()) == 1);
}

Digest Hasher::Finish() {
  std::array<std::uint8_t, Digest::kSize> bytes{};
  FLOWSTONE_CHECK(EVP_DigestFinal_ex(state_->context, bytes.data(), nullptr) == 1);
  FLOWSTONE_CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
  return Digest(bytes);
}

Result<Digest> Digest::Parse(std::string_view hex) {
  const std::optional<std::string> decoded = HexDecode(hex);
  if (!decoded || decoded->size() != kSize) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + std::string(hex) + "' is not a sha256 (64 hexadecimal digits)"};
  }
  std::array<std::uint8_t, kSize> bytes{};
  std::transform(decoded->begin(), decoded->end(), bytes.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return Digest(bytes);
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
