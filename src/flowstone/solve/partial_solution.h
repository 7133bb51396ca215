// PartialSolution: what each package may still be, and why, in the order in which it was found out.
//
// A package's values are its candidates and, last, "not selected". Assignments narrow them; each
// belongs to a decision level, and going back to a level forgets all later ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "flowstone/solve/ids.h"
#include "flowstone/solve/incompatibility.h"
#include "flowstone/solve/ordinal_set.h"
#include "flowstone/solve/package_set.h"

namespace flowstone::solve {

struct Assignment {
  PackageId package;
  OrdinalSet values;                       // what this one says; decisions: the candidate
  std::optional<IncompatibilityId> cause;  // absent for decisions
  std::size_t level = 0;
};

class PartialSolution {
 public:
  // Makes the package known, with every value possible.
  void AddPackage(PackageId package, std::uint32_t candidates);
  bool IsKnown(PackageId package) const;
  std::uint32_t CandidateCount(PackageId package) const;

  // The remaining values; as large as the candidates and one more.
  const OrdinalSet& Values(PackageId package) const;
  // Whether it must be selected.
  bool IsNeeded(PackageId package) const;
  bool IsDecided(PackageId package) const;
  // Whether it must be selected and no candidate has been. REQUIRES: it is known.
  bool IsOpen(PackageId package) const {
    const PackageState& state = packages_[package.value];
    return state.is_needed && !state.decision;
  }
  std::optional<std::size_t> DecisionLevel(PackageId package) const;
  Ordinal Decision(PackageId package) const;

  std::size_t level() const { return level_serials_.size() - 1; }
  // Tells levels of the same number apart: going back and deciding anew gives another serial.
  std::uint64_t LevelSerial(std::size_t level) const { return level_serials_[level]; }

  // Places count packages in the order of AddPackage.
  std::size_t PlaceOf(PackageId package) const { return packages_[package.value].place; }
  // Those of the packages that IsOpen says.
  const PackageSet& open() const { return open_; }
  // Those of the packages whose values have changed since ForgetChanges.
  const PackageSet& changed() const { return changed_; }
  void ForgetChanges() { changed_.Clear(); }

  void Decide(PackageId package, Ordinal candidate);
  // `values` is what follows for the package from `cause`.
  void Derive(PackageId package, OrdinalSet values, IncompatibilityId cause);
  void BacktrackTo(std::size_t level);
  bool has_gone_back() const { return has_gone_back_; }

  const Assignment& operator[](std::size_t index) const { return log_[index]; }
  // The first assignment after which all values of the package are in `set`; nothing when they are
  // before any assignment. REQUIRES: they are now.
  std::optional<std::size_t> FirstWithin(PackageId package, const OrdinalSet& set) const;
  // The first assignment of the package. REQUIRES: there is one.
  std::size_t FirstOf(PackageId package) const { return State(package).steps.front().index; }

 private:
  struct Step {
    std::size_t index;  // in log_
    OrdinalSet values;  // that remain after it
  };
  struct PackageState {
    bool is_known = false;
    bool is_needed = false;  // not being selected is no value any more
    std::size_t place = 0;
    OrdinalSet initial;
    std::vector<Step> steps;
    std::optional<std::size_t> decision;  // index in log_
  };

  const PackageState& State(PackageId package) const;
  void Append(Assignment assignment);
  void NoteChange(const PackageState& state);

  std::vector<PackageState> packages_;
  std::size_t places_ = 0;
  PackageSet open_;
  PackageSet changed_;
  std::vector<Assignment> log_;
  std::vector<std::uint64_t> level_serials_ = {0};
  std::uint64_t next_serial_ = 1;
  bool has_gone_back_ = false;
};

}  // namespace flowstone::solve
