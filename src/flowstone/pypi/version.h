// Version: a version of PEP 440. The text is kept as it was written (file names and `===` need it);
// order, equality and hash come from a key of bytes whose memcmp order is the order of PEP 440, so
// comparing is a memcmp and most versions fit into two strings that do not allocate (version_key.h
// has the layout).
//
// Versions that only differ by trailing zeros or by spelling are equal: 1.0 == 1 == v1.0.0.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "flowstone/base/result.h"

namespace flowstone::pypi {

struct VersionParts;

class Version {
 public:
  // Longer texts are refused, as packaging refuses numbers of that many digits.
  static constexpr std::size_t kMaxSize = 4300;

  // Version 0.
  Version();

  // Any spelling PEP 440 accepts ("v1.0-Alpha_2", " 1.0-1 "); kInvalid otherwise.
  static Result<Version> Parse(std::string_view text);
  // Of a text that was scanned into these parts: no white space, at most kMaxSize.
  static Version Of(std::string_view text, const VersionParts& parts);

  // The normalised spelling, release zeros kept: "1.0a2", "1.0.post1".
  std::string ToString() const;
  // As it was written, without surrounding white space.
  const std::string& text() const { return text_; }
  // Bytes that compare as PEP 440 orders.
  const std::string& key() const { return key_; }

  // An `a`, `b`, `rc` or `dev` release.
  bool is_prerelease() const { return has_pre_ || has_dev_; }
  bool is_postrelease() const { return has_post_; }
  bool is_dev() const { return has_dev_; }
  bool has_local() const { return has_local_; }

  // Numbers beyond 64 bits are reported as the largest 64-bit number.
  std::uint64_t epoch() const;
  // The i-th component of the release, 0 beyond the last: release(2) of 3.12 is 0.
  std::uint64_t release(std::size_t i) const;
  // How many components were written.
  std::size_t release_size() const;
  // The local label, normalised ("ubuntu.1"); empty when there is none.
  std::string local() const;

  Version WithoutLocal() const;
  // Epoch and release only: 1!2.3 for 1!2.3rc1.post2+local. Interpreters are tested with this
  // against `Requires-Python`.
  Version BaseRelease() const;

  friend bool operator==(const Version& a, const Version& b) { return a.key_ == b.key_; }
  friend std::strong_ordering operator<=>(const Version& a, const Version& b) {
    return a.key_.compare(b.key_) <=> 0;
  }

 private:
  std::string text_;
  std::string key_;
  bool has_pre_ = false;
  bool has_post_ = false;
  bool has_dev_ = false;
  bool has_local_ = false;
};

}  // namespace flowstone::pypi

template <>
struct std::hash<flowstone::pypi::Version> {
  std::size_t operator()(const flowstone::pypi::Version& version) const noexcept {
    return std::hash<std::string>()(version.key());
  }
};
