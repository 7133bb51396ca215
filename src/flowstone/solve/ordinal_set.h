// OrdinalSet: a set of the candidates 0 … size-1 of one package, as a bit set. Universes of up to
// 256 candidates, which most are, need no allocation; one of 5,000 takes 79 words, so every
// operation of the solver is a handful of word operations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "flowstone/solve/ids.h"

namespace flowstone::solve {

class OrdinalSet {
 public:
  // The empty set of the empty universe.
  OrdinalSet() = default;
  OrdinalSet(const OrdinalSet& other)
      : size_(other.size_), inline_words_(other.inline_words_), words_(other.CopyOfWords()) {}
  OrdinalSet(OrdinalSet&&) noexcept = default;
  OrdinalSet& operator=(const OrdinalSet& other) { return *this = OrdinalSet(other); }
  OrdinalSet& operator=(OrdinalSet&&) noexcept = default;
  ~OrdinalSet() = default;

  static OrdinalSet Empty(std::uint32_t size);
  static OrdinalSet Full(std::uint32_t size);
  static OrdinalSet Only(std::uint32_t size, Ordinal ordinal);

  // How many candidates the universe has.
  std::uint32_t size() const { return size_; }
  bool is_empty() const;
  bool is_full() const { return Count() == size_; }
  std::uint32_t Count() const;
  bool Contains(Ordinal ordinal) const;
  std::optional<Ordinal> Lowest() const { return LowestAtOrAfter(0); }
  std::optional<Ordinal> LowestAtOrAfter(Ordinal ordinal) const;
  std::optional<Ordinal> Highest() const;

  // REQUIRES of all below: ordinals are in the universe, and both sets have the same size.
  void Insert(Ordinal ordinal);
  // Those from `first` up to, but not including, `last`; none when `last` is not above `first`.
  void InsertRange(Ordinal first, Ordinal last);
  void Erase(Ordinal ordinal);
  bool IsSubsetOf(const OrdinalSet& other) const;
  bool IsDisjointFrom(const OrdinalSet& other) const;
  OrdinalSet& operator&=(const OrdinalSet& other);
  OrdinalSet& operator|=(const OrdinalSet& other);
  OrdinalSet& operator-=(const OrdinalSet& other);
  OrdinalSet Complement() const;
  // The same members in a universe of another size; members beyond it are dropped.
  OrdinalSet Resized(std::uint32_t size) const;

  friend OrdinalSet operator&(OrdinalSet a, const OrdinalSet& b) { return a &= b; }
  friend OrdinalSet operator|(OrdinalSet a, const OrdinalSet& b) { return a |= b; }
  friend OrdinalSet operator-(OrdinalSet a, const OrdinalSet& b) { return a -= b; }
  friend bool operator==(const OrdinalSet& a, const OrdinalSet& b);

 private:
  static constexpr std::uint32_t kWordBits = 64;
  static constexpr std::uint32_t kInlineWords = 4;

  explicit OrdinalSet(std::uint32_t size);
  bool is_inline() const { return size_ <= kInlineWords * kWordBits; }
  std::unique_ptr<std::uint64_t[]> CopyOfWords() const {
    return words_ == nullptr ? nullptr : CopyOfLargeWords();
  }
  std::unique_ptr<std::uint64_t[]> CopyOfLargeWords() const;
  std::size_t word_count() const { return (std::size_t{size_} + kWordBits - 1) / kWordBits; }
  std::span<std::uint64_t> words();
  std::span<const std::uint64_t> words() const;
  void ClearBeyondSize();

  // Invariant: bits at and beyond size_ are 0.
  std::uint32_t size_ = 0;
  std::array<std::uint64_t, kInlineWords> inline_words_{};  // of small universes
  std::unique_ptr<std::uint64_t[]> words_;                  // of larger ones; null for small ones
};

}  // namespace flowstone::solve
