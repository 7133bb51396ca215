#include "flowstone/solve/ordinal_set.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "flowstone/base/check.h"
#include "flowstone/solve/ids.h"

namespace flowstone::solve {

OrdinalSet::OrdinalSet(std::uint32_t size) : size_(size) {
  if (!is_inline()) {
    words_ = std::make_unique<std::uint64_t[]>(word_count());
  }
}

std::unique_ptr<std::uint64_t[]> OrdinalSet::CopyOfLargeWords() const {
  auto copy = std::make_unique_for_overwrite<std::uint64_t[]>(word_count());
  std::ranges::copy(words(), copy.get());
  return copy;
}

OrdinalSet OrdinalSet::Empty(std::uint32_t size) {
  return OrdinalSet(size);
}

OrdinalSet OrdinalSet::Full(std::uint32_t size) {
  OrdinalSet set(size);
  for (std::uint64_t& word : set.words()) {
    word = ~std::uint64_t{0};
  }
  set.ClearBeyondSize();
  return set;
}

OrdinalSet OrdinalSet::Only(std::uint32_t size, Ordinal ordinal) {
  OrdinalSet set(size);
  set.Insert(ordinal);
  return set;
}

std::span<std::uint64_t> OrdinalSet::words() {
  return {is_inline() ? inline_words_.data() : words_.get(), word_count()};
}

std::span<const std::uint64_t> OrdinalSet::words() const {
  return {is_inline() ? inline_words_.data() : words_.get(), word_count()};
}

void OrdinalSet::ClearBeyondSize() {
  if (size_ % kWordBits != 0) {
    words().back() &= ~std::uint64_t{0} >> (kWordBits - size_ % kWordBits);
  }
}

bool OrdinalSet::is_empty() const {
  return std::ranges::all_of(words(), [](std::uint64_t word) { return word == 0; });
}

std::uint32_t OrdinalSet::Count() const {
  std::uint32_t count = 0;
  for (const std::uint64_t word : words()) {
    count += static_cast<std::uint32_t>(std::popcount(word));
  }
  return count;
}

bool OrdinalSet::Contains(Ordinal ordinal) const {
  return ordinal < size_ && (words()[ordinal / kWordBits] >> (ordinal % kWordBits) & 1U) != 0;
}

std::optional<Ordinal> OrdinalSet::LowestAtOrAfter(Ordinal ordinal) const {
  if (ordinal >= size_) {
    return std::nullopt;
  }
  const std::span<const std::uint64_t> all = words();
  std::size_t index = ordinal / kWordBits;
  std::uint64_t word = all[index] & (~std::uint64_t{0} << (ordinal % kWordBits));
  while (word == 0) {
    if (++index == all.size()) {
      return std::nullopt;
    }
    word = all[index];
  }
  return static_cast<Ordinal>(index * kWordBits + static_cast<std::size_t>(std::countr_zero(word)));
}

std::optional<Ordinal> OrdinalSet::Highest() const {
  const std::span<const std::uint64_t> all = words();
  for (std::size_t index = all.size(); index-- > 0;) {
    if (all[index] != 0) {
      return static_cast<Ordinal>(index * kWordBits + kWordBits - 1 -
                                  static_cast<std::size_t>(std::countl_zero(all[index])));
    }
  }
  return std::nullopt;
}

void OrdinalSet::Insert(Ordinal ordinal) {
  FLOWSTONE_CHECK(ordinal < size_);
  words()[ordinal / kWordBits] |= std::uint64_t{1} << (ordinal % kWordBits);
}

void OrdinalSet::InsertRange(Ordinal first, Ordinal last) {
  if (first >= last) {
    return;
  }
  FLOWSTONE_CHECK(last <= size_);
  const std::span<std::uint64_t> all = words();
  const std::size_t first_word = first / kWordBits;
  const std::size_t last_word = (last - 1) / kWordBits;
  const std::uint64_t from = ~std::uint64_t{0} << (first % kWordBits);
  const std::uint64_t to = ~std::uint64_t{0} >> (kWordBits - 1 - (last - 1) % kWordBits);
  if (first_word == last_word) {
    all[first_word] |= from & to;
    return;
  }
  all[first_word] |= from;
  for (std::size_t i = first_word + 1; i < last_word; ++i) {
    all[i] = ~std::uint64_t{0};
  }
  all[last_word] |= to;
}

void OrdinalSet::Erase(Ordinal ordinal) {
  FLOWSTONE_CHECK(ordinal < size_);
  words()[ordinal / kWordBits] &= ~(std::uint64_t{1} << (ordinal % kWordBits));
}

// All of the inline words, which is no loop: those beyond the size are 0.
bool OrdinalSet::IsSubsetOf(const OrdinalSet& other) const {
  FLOWSTONE_CHECK(size_ == other.size_);
  if (is_inline()) {
    std::uint64_t beyond = 0;
    for (std::size_t i = 0; i < kInlineWords; ++i) {
      beyond |= inline_words_[i] & ~other.inline_words_[i];
    }
    return beyond == 0;
  }
  const std::span<const std::uint64_t> mine = words();
  const std::span<const std::uint64_t> theirs = other.words();
  for (std::size_t i = 0; i < mine.size(); ++i) {
    if ((mine[i] & ~theirs[i]) != 0) {
      return false;
    }
  }
  return true;
}

bool OrdinalSet::IsDisjointFrom(const OrdinalSet& other) const {
  FLOWSTONE_CHECK(size_ == other.size_);
  if (is_inline()) {
    std::uint64_t common = 0;
    for (std::size_t i = 0; i < kInlineWords; ++i) {
      common |= inline_words_[i] & other.inline_words_[i];
    }
    return common == 0;
  }
  const std::span<const std::uint64_t> mine = words();
  const std::span<const std::uint64_t> theirs = other.words();
  for (std::size_t i = 0; i < mine.size(); ++i) {
    if ((mine[i] & theirs[i]) != 0) {
      return false;
    }
  }
  return true;
}

OrdinalSet& OrdinalSet::operator&=(const OrdinalSet& other) {
  FLOWSTONE_CHECK(size_ == other.size_);
  const std::span<const std::uint64_t> theirs = other.words();
  std::size_t i = 0;
  for (std::uint64_t& word : words()) {
    word &= theirs[i++];
  }
  return *this;
}

OrdinalSet& OrdinalSet::operator|=(const OrdinalSet& other) {
  FLOWSTONE_CHECK(size_ == other.size_);
  const std::span<const std::uint64_t> theirs = other.words();
  std::size_t i = 0;
  for (std::uint64_t& word : words()) {
    word |= theirs[i++];
  }
  return *this;
}

OrdinalSet& OrdinalSet::operator-=(const OrdinalSet& other) {
  FLOWSTONE_CHECK(size_ == other.size_);
  const std::span<const std::uint64_t> theirs = other.words();
  std::size_t i = 0;
  for (std::uint64_t& word : words()) {
    word &= ~theirs[i++];
  }
  return *this;
}

bool operator==(const OrdinalSet& a, const OrdinalSet& b) {
  return a.size_ == b.size_ && std::ranges::equal(a.words(), b.words());
}

OrdinalSet OrdinalSet::Complement() const {
  return Full(size_) -= *this;
}

OrdinalSet OrdinalSet::Resized(std::uint32_t size) const {
  OrdinalSet set(size);
  const std::span<const std::uint64_t> from = words();
  const std::span<std::uint64_t> to = set.words();
  std::copy_n(from.begin(), std::min(from.size(), to.size()), to.begin());
  set.ClearBeyondSize();
  return set;
}

}  // namespace flowstone::solve
