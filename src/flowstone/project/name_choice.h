// NameChoice: two opposite answers, each for some projects or for all of them, given one after the
// other: `--only-binary` against `--no-binary`, `--only-final` against `--all-releases`. The later
// word wins, by pip's rules.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/pypi/name.h"

namespace flowstone::project {

// The projects that one of the two answers is for.
struct ChosenNames {
  enum class Scope : std::uint8_t { kThese, kAll };
  Scope scope = Scope::kThese;
  std::set<pypi::Name> names = {};  // with kAll: none are listed before a later word adds some

  bool empty() const { return scope == Scope::kThese && names.empty(); }

  friend bool operator==(const ChosenNames&, const ChosenNames&) = default;
};

class NameChoice {
 public:
  enum class Side : std::uint8_t { kFirst, kSecond };

  // `words` are separated by commas: names, ":all:" (everything, and the other side nothing any
  // more), ":none:" (this side nothing any more). kInvalid for what is no name.
  Status Choose(Side side, std::string_view words);
  // Adds what `other` chose after this.
  void Append(const NameChoice& other);

  const ChosenNames& first() const { return first_; }
  const ChosenNames& second() const { return second_; }
  bool empty() const { return first_.empty() && second_.empty(); }

  friend bool operator==(const NameChoice&, const NameChoice&) = default;

 private:
  ChosenNames first_;
  ChosenNames second_;
};

}  // namespace flowstone::project
