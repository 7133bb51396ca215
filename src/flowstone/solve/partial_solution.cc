#include "flowstone/solve/partial_solution.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "flowstone/base/check.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/incompatibility.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::solve {

void PartialSolution::AddPackage(PackageId package, std::uint32_t candidates) {
  if (package.value >= packages_.size()) {
    packages_.resize(package.value + std::size_t{1});
  }
  packages_[package.value].is_known = true;
  packages_[package.value].initial = OrdinalSet::Full(candidates + 1);
  packages_[package.value].place = places_++;
}

bool PartialSolution::IsKnown(PackageId package) const {
  return package.value < packages_.size() && packages_[package.value].is_known;
}

const PartialSolution::PackageState& PartialSolution::State(PackageId package) const {
  FLOWSTONE_CHECK(IsKnown(package));
  return packages_[package.value];
}

std::uint32_t PartialSolution::CandidateCount(PackageId package) const {
  return State(package).initial.size() - 1;
}

const OrdinalSet& PartialSolution::Values(PackageId package) const {
  const PackageState& state = State(package);
  return state.steps.empty() ? state.initial : state.steps.back().values;
}

bool PartialSolution::IsNeeded(PackageId package) const {
  return State(package).is_needed;
}

bool PartialSolution::IsDecided(PackageId package) const {
  return State(package).decision.has_value();
}

std::optional<std::size_t> PartialSolution::DecisionLevel(PackageId package) const {
  const std::optional<std::size_t> decision = State(package).decision;
  return decision ? std::optional(log_[*decision].level) : std::nullopt;
}

Ordinal PartialSolution::Decision(PackageId package) const {
  FLOWSTONE_CHECK(IsDecided(package));
  return *Values(package).Lowest();
}

void PartialSolution::Append(Assignment assignment) {
  PackageState& state = packages_[assignment.package.value];
  OrdinalSet values = Values(assignment.package) & assignment.values;
  state.is_needed = !values.Contains(state.initial.size() - 1);
  state.steps.push_back({log_.size(), std::move(values)});
  NoteChange(state);
  log_.push_back(std::move(assignment));
}

void PartialSolution::NoteChange(const PackageState& state) {
  changed_.Insert(state.place);
  if (state.is_needed && !state.decision) {
    open_.Insert(state.place);
  } else {
    open_.Erase(state.place);
  }
}

void PartialSolution::Decide(PackageId package, Ordinal candidate) {
  FLOWSTONE_CHECK(!IsDecided(package) && Values(package).Contains(candidate));
  level_serials_.push_back(next_serial_++);
  packages_[package.value].decision = log_.size();
  Append(
      {package, OrdinalSet::Only(CandidateCount(package) + 1, candidate), std::nullopt, level()});
}

void PartialSolution::Derive(PackageId package, OrdinalSet values, IncompatibilityId cause) {
  Append({package, std::move(values), cause, level()});
}

void PartialSolution::BacktrackTo(std::size_t level) {
  FLOWSTONE_CHECK(level < level_serials_.size());
  has_gone_back_ = true;
  level_serials_.resize(level + 1);
  while (!log_.empty() && log_.back().level > level) {
    PackageState& state = packages_[log_.back().package.value];
    state.steps.pop_back();
    state.is_needed =
        !state.steps.empty() && !state.steps.back().values.Contains(state.initial.size() - 1);
    if (state.decision == log_.size() - 1) {
      state.decision.reset();
    }
    NoteChange(state);
    log_.pop_back();
  }
}

std::optional<std::size_t> PartialSolution::FirstWithin(PackageId package,
                                                        const OrdinalSet& set) const {
  const PackageState& state = State(package);
  if (state.initial.IsSubsetOf(set)) {
    return std::nullopt;
  }
  // Values only shrink along the steps, so being within the set is monotonous.
  const auto first = std::ranges::partition_point(
      state.steps, [&](const Step& step) { return !step.values.IsSubsetOf(set); });
  FLOWSTONE_CHECK(first != state.steps.end());
  return first->index;
}

}  // namespace flowstone::solve
