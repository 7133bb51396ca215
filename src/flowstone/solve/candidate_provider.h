// CandidateProvider: the solver's view of an ecosystem. The solver asks for what it needs when it
// needs it; the provider may fetch ahead, but nothing that it answers may depend on the order in
// which answers reach it.
//
// The universe of a package is fixed by the first answer of Candidates: learnt conflicts stay true.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::solve {

// Candidates that can never be selected, for one reason.
struct Unusable {
  OrdinalSet candidates;
  ReasonId reason;
};

// The universe of a package: the candidates 0 … count-1.
struct Candidates {
  std::uint32_t count = 0;
  // Why there is no candidate at all; used when count is 0.
  ReasonId absence = {};
};

// "Whoever selects the dependent must also select a candidate of `package` in `range`."
struct Dependency {
  PackageId package;
  RangeId range;
  // The dependency holds only while a candidate of this package is selected: a feature or extra of
  // the dependent. It is told when somebody depends on the condition: see Awaken.
  // The root may name `package` itself here: then it restricts the package without needing it.
  std::optional<PackageId> when = {};
};

// One that was left out of the details of its dependent.
struct LateDependency {
  PackageId dependent;
  Ordinal candidate;
  Dependency dependency;
};

// What to try next.
struct Choice {
  enum class Next : std::uint8_t {
    kTry,    // `candidate`
    kNone,   // all that was allowed was passed over
    kAlien,  // `candidate`, last of those passed over: it contradicts what the root stands for
  };

  Next next = Next::kNone;
  Ordinal candidate = 0;
  // A package that is decided early from now on, as if somebody named one candidate of it.
  std::optional<PackageId> pinned = {};
  // What would have been tried before, but can never be selected; those that were told of before
  // may be left out.
  std::vector<Unusable> passed_over = {};
};

using CandidateDetails = std::variant<std::vector<Dependency>, ReasonId /* unusable after all */>;

class CandidateProvider {
 public:
  virtual ~CandidateProvider() = default;

  // These packages will be asked for next, in this order: begin to find out about them.
  virtual void Announce(std::span<const PackageId> packages) = 0;
  // The universe of a package; may wait. An error ends the solve.
  virtual Result<Candidates> Universe(PackageId package) = 0;
  // The candidates of `package` that a range contains. Asked after the universe.
  virtual OrdinalSet Lower(PackageId package, RangeId range) = 0;
  // Whether a range names one version, whatever there is: its package is decided early.
  virtual bool IsPin(RangeId range) const = 0;
  // The candidate of `allowed`, which is not empty, to try next. Whether one can be selected at all
  // is found out when its turn comes: most are never asked about.
  virtual Choice Choose(PackageId package, const OrdinalSet& allowed) = 0;
  // What a candidate depends on, in a fixed order; may wait. Left out are dependencies on a
  // condition whose universe was not asked for. An error ends the solve.
  virtual Result<CandidateDetails> Details(PackageId package, Ordinal candidate) = 0;
  // What details left out for want of this condition, whose universe has just been asked for, in
  // the order in which they were given.
  virtual std::vector<LateDependency> Awaken(PackageId condition) = 0;
  // One of `allowed` will be chosen unless more is learnt: details may be fetched ahead.
  virtual void Anticipate(PackageId package, const OrdinalSet& allowed) = 0;
};

}  // namespace flowstone::solve
