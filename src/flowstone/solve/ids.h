// The names of things inside the solver: small numbers that the candidate provider gives out.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace flowstone::solve {

// A thing of which at most one candidate may be selected. The provider numbers them densely from 0.
struct PackageId {
  std::uint32_t value = 0;
  friend auto operator<=>(const PackageId&, const PackageId&) = default;
};

// A candidate of a package: its position in the package's universe, whose order is the order of
// versions, oldest first.
using Ordinal = std::uint32_t;

// A range as a dependency states it, before it is known which candidates of the package it
// contains. Equal ranges on a package should have equal ids: facts about them are then merged.
struct RangeId {
  std::uint32_t value = 0;
  friend auto operator<=>(const RangeId&, const RangeId&) = default;
};

// Why candidates cannot be used; the provider knows the words.
struct ReasonId {
  std::uint32_t value = 0;
  friend auto operator<=>(const ReasonId&, const ReasonId&) = default;
};

}  // namespace flowstone::solve

template <>
struct std::hash<flowstone::solve::PackageId> {
  std::size_t operator()(flowstone::solve::PackageId id) const noexcept { return id.value; }
};
