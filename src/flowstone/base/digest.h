// Digest: the sha256 of some content, which is its identity everywhere in Flowstone.
// Hasher: computes one from pieces. FIPS 180-4, by OpenSSL.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone {

class Digest {
 public:
  static constexpr std::size_t kSize = 32;

  Digest() = default;
  explicit Digest(const std::array<std::uint8_t, kSize>& bytes) : bytes_(bytes) {}

  // 64 hexadecimal digits of either case; kInvalid otherwise.
  static Result<Digest> Parse(std::string_view hex);
  // The digest of one piece of content.
  static Digest Of(std::string_view content);

  // 64 lower-case hexadecimal digits: the inverse of Parse.
  std::string ToString() const;
  const std::array<std::uint8_t, kSize>& bytes() const { return bytes_; }

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  std::array<std::uint8_t, kSize> bytes_{};
};

// Not thread-safe. After Finish the hasher starts anew.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void Update(std::string_view piece);
  Digest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace flowstone

template <>
struct std::hash<flowstone::Digest> {
  std::size_t operator()(const flowstone::Digest& digest) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof(value); ++i) {
      value = (value << 8U) | digest.bytes()[i];
    }
    return value;
  }
};
