// The names of projects, extras and dependency groups. All three are compared in the normalised
// form of PEP 503 (lower case, runs of "-", "_" and "." become one "-"; PEP 685 and 735 say the
// same), so only that form is kept: two spellings of one name are one value.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "flowstone/base/result.h"

namespace flowstone::pypi {

// What PEP 503 does to any text, valid name or not.
std::string NormalizeName(std::string_view text);
// Whether `text` is a name by PEP 508: ASCII letters, digits, ".", "_", "-", the first and the last
// of them a letter or a digit.
bool IsValidName(std::string_view text);
// Whether it is a valid name that NormalizeName leaves as it is.
bool IsNormalizedName(std::string_view text);

namespace internal {
// The normalised form of a valid name; kInvalid, naming `kind`, otherwise.
Result<std::string> ParseName(std::string_view text, std::string_view kind);
}  // namespace internal

// A normalised name; `Kind` keeps the names of different things apart.
template <class Kind>
class NormalizedName {
 public:
  // Not a name: the empty text, which Parse never gives.
  NormalizedName() = default;

  static Result<NormalizedName> Parse(std::string_view text) {
    FLOWSTONE_LET(std::string normalized, internal::ParseName(text, Kind::kNoun));
    return NormalizedName(std::move(normalized));
  }

  const std::string& ToString() const { return text_; }
  bool empty() const { return text_.empty(); }
  // With "-" replaced by "_", as wheel, source and dist-info names spell it.
  std::string Escaped() const {
    std::string escaped = text_;
    for (char& c : escaped) {
      c = c == '-' ? '_' : c;
    }
    return escaped;
  }

  friend auto operator<=>(const NormalizedName&, const NormalizedName&) = default;

 private:
  explicit NormalizedName(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

struct ProjectKind {
  static constexpr std::string_view kNoun = "project name";
};
struct ExtraKind {
  static constexpr std::string_view kNoun = "extra";
};
struct GroupKind {
  static constexpr std::string_view kNoun = "dependency group";
};

using Name = NormalizedName<ProjectKind>;
using ExtraName = NormalizedName<ExtraKind>;
using GroupName = NormalizedName<GroupKind>;

}  // namespace flowstone::pypi

template <class Kind>
struct std::hash<flowstone::pypi::NormalizedName<Kind>> {
  std::size_t operator()(const flowstone::pypi::NormalizedName<Kind>& name) const noexcept {
    return std::hash<std::string>()(name.ToString());
  }
};
