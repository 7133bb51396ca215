// PackageSet: a set of small numbers that grows with what is put in: places of packages in the
// order in which they became known. Finding the first of those in two sets reads a word for 64.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace flowstone::solve {

class PackageSet {
 public:
  void Insert(std::size_t place) {
    if (place / kWordBits >= words_.size()) {
      words_.resize(place / kWordBits + 1);
    }
    words_[place / kWordBits] |= BitOf(place);
  }
  void Erase(std::size_t place) {
    if (place / kWordBits < words_.size()) {
      words_[place / kWordBits] &= ~BitOf(place);
    }
  }
  bool Contains(std::size_t place) const {
    return place / kWordBits < words_.size() && (words_[place / kWordBits] & BitOf(place)) != 0;
  }
  // Keeps the memory: what is filled again and again allocates once.
  void Clear() { std::ranges::fill(words_, 0); }

  // The lowest member of both.
  static std::optional<std::size_t> FirstOfBoth(const PackageSet& a, const PackageSet& b) {
    for (std::size_t i = 0; i < a.words_.size() && i < b.words_.size(); ++i) {
      if (const std::uint64_t both = a.words_[i] & b.words_[i]; both != 0) {
        return i * kWordBits + static_cast<std::size_t>(std::countr_zero(both));
      }
    }
    return std::nullopt;
  }

  // Calls visit(place) for the members, ascending.
  template <class Visit>
  void Each(const Visit& visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      for (std::uint64_t rest = words_[i]; rest != 0; rest &= rest - 1) {
        visit(i * kWordBits + static_cast<std::size_t>(std::countr_zero(rest)));
      }
    }
  }

 private:
  static constexpr std::size_t kWordBits = 64;
  static std::uint64_t BitOf(std::size_t place) { return std::uint64_t{1} << (place % kWordBits); }

  std::vector<std::uint64_t> words_;
};

}  // namespace flowstone::solve
