// VersionSet: any set of versions that specifiers can describe, closed under union, intersection
// and complement. It is what the solver computes with.
//
// A set is a sorted list of half-open intervals between version keys. Every boundary is the key of
// the least version above the gap it closes (version_key.h), so equal sets have equal intervals: ==
// and hash are exact.
// `===` compares the text of a version instead of its value; such texts are exceptions beside the
// intervals.
//
//   const VersionSet set = specifiers.ToVersionSet();
//   set.Contains(version);  set.Intersection(other).is_empty();  set.Complement();
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/pypi/version.h"

namespace flowstone::pypi {

class VersionSet {
 public:
  // The versions whose key is at or above `lower` and below `upper`.
  struct Interval {
    std::string lower;  // empty: no lower bound
    std::string upper;  // empty: no upper bound

    friend auto operator<=>(const Interval&, const Interval&) = default;
  };

  // Versions written exactly like `text`, in or out of the set whatever the intervals say.
  struct Exception {
    std::string text;  // lower case
    std::string key;   // of the version it spells
    bool contained = false;

    friend auto operator<=>(const Exception&, const Exception&) = default;
  };

  // The empty set.
  VersionSet() = default;
  static VersionSet Empty() { return {}; }
  static VersionSet Full();
  // One version, whatever its local label when it has none itself (`==V`).
  static VersionSet Exactly(const Version& version);
  // The versions spelt like `text`, case aside (`===`); nothing when `text` is no version.
  static VersionSet Spelt(std::string_view text);
  // Between two keys; an empty key is no bound.
  static VersionSet Between(std::string lower, std::string upper);

  bool Contains(const Version& version) const;
  bool is_empty() const { return intervals_.empty() && exceptions_.empty(); }
  bool is_full() const;
  bool IsSubsetOf(const VersionSet& other) const;
  bool IsDisjointFrom(const VersionSet& other) const;

  VersionSet Union(const VersionSet& other) const;
  VersionSet Intersection(const VersionSet& other) const;
  VersionSet Difference(const VersionSet& other) const;
  VersionSet Complement() const;

  // For people: "any version", "no version", ">=1.0,<2.0", "!=1.5", "<1.0 or ==2.0".
  std::string ToString() const;

  const std::vector<Interval>& intervals() const { return intervals_; }
  const std::vector<Exception>& exceptions() const { return exceptions_; }

  friend bool operator==(const VersionSet&, const VersionSet&) = default;

 private:
  bool ContainsKey(std::string_view key) const;
  bool ContainsSpelling(std::string_view text, std::string_view key) const;
  // Adds the exceptions of both, each in the set when `combine` of its membership in `a` and `b`
  // says so.
  template <class Combine>
  void AddExceptions(const VersionSet& a, const VersionSet& b, Combine combine);

  std::vector<Interval> intervals_;    // sorted, neither empty nor touching
  std::vector<Exception> exceptions_;  // sorted by text; each differs from what the intervals say
};

}  // namespace flowstone::pypi

template <>
struct std::hash<flowstone::pypi::VersionSet> {
  std::size_t operator()(const flowstone::pypi::VersionSet& set) const noexcept;
};
