// VersionParts: the pieces of a version's text, how they are read and how they are written.
// Internal to the module: everyone else wants Version.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flowstone::pypi {

enum class PreRelease : std::uint8_t { kNone, kAlpha, kBeta, kCandidate };

// Pieces of a version's text. Numbers are decimal digits without leading zeros ("0" for zero).
struct VersionParts {
  std::string_view epoch = "0";
  std::string_view release = {};  // as written: digits separated by dots
  PreRelease pre = PreRelease::kNone;
  std::string_view pre_number = {};
  std::optional<std::string_view> post = {};
  std::optional<std::string_view> dev = {};
  std::string_view local = {};  // as written; empty: none
};

// Reads the whole text, or nothing: PEP 440, appendix B, in a single pass.
std::optional<VersionParts> ScanVersion(std::string_view text);
// The normalised spelling.
std::string WriteVersion(const VersionParts& parts);
// A local label, normalised.
std::string LocalText(std::string_view local);
// `digits` without leading zeros.
std::string_view StripZeros(std::string_view digits);
// Saturates at the largest 64-bit number.
std::uint64_t SaturatingNumber(std::string_view digits);
// The number after that of `digits`, of any length.
std::string NextNumber(std::string_view digits);

bool IsAllDigits(std::string_view text);

// The segments of a local label, between ".", "-" and "_".
class LocalSegments {
 public:
  explicit LocalSegments(std::string_view local) : rest_(local), done_(local.empty()) {}
  std::optional<std::string_view> Next();

 private:
  std::string_view rest_;
  bool done_;
};

}  // namespace flowstone::pypi
