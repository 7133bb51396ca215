// Tags of PEP 425: what a wheel needs. What an interpreter offers is a TagList.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::pypi {

struct Tag {
  std::string python;    // "cp312", "py3"
  std::string abi;       // "cp312", "abi3", "none"
  std::string platform;  // "manylinux_2_17_x86_64", "any"

  // Exactly one tag: "cp312-cp312-linux_x86_64".
  static Result<Tag> Parse(std::string_view text);
  std::string ToString() const;

  friend auto operator<=>(const Tag&, const Tag&) = default;
};

// A compressed tag set, "py2.py3-none-any": every combination of its parts.
struct TagSet {
  // More combinations than any wheel has, few enough to enumerate.
  static constexpr std::size_t kMaxCombinations = 100'000;

  std::vector<std::string> pythons = {};  // lower case, in their order
  std::vector<std::string> abis = {};
  std::vector<std::string> platforms = {};

  static Result<TagSet> Parse(std::string_view text);
  std::string ToString() const;
  std::vector<Tag> Expand() const;

  friend bool operator==(const TagSet&, const TagSet&) = default;
};

}  // namespace flowstone::pypi
