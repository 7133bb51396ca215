// Tags of PEP 425: what a wheel needs and what an interpreter offers.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
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

// The tags that an interpreter accepts, best first.
class TagList {
 public:
  TagList() = default;
  // Of repeated tags the first counts.
  explicit TagList(std::vector<Tag> tags);

  const std::vector<Tag>& tags() const { return tags_; }
  bool empty() const { return tags_.empty(); }

  // The position of the tag, 0 being the best; nothing when it is not accepted.
  std::optional<std::size_t> Priority(const Tag& tag) const;
  // The best position of any combination in the set.
  std::optional<std::size_t> Priority(const TagSet& set) const;

  friend bool operator==(const TagList& a, const TagList& b) { return a.tags_ == b.tags_; }

 private:
  std::vector<Tag> tags_;
  std::unordered_map<std::string, std::size_t> positions_;  // by Tag::ToString
};

}  // namespace flowstone::pypi
