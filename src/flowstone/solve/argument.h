// Reasoner: finds a short argument in a proof.
//
// A proof lists every fact that the search touched: for a package with thousands of versions, one
// or more per version. Most of them say the same thing together: "all of these need something of
// that package". So facts from one package to another become one constraint, a table from
// candidates to what they allow, and the contradiction is derived again from whole tables (arc
// consistency). What that needs is a handful of tables, however many versions there are; a deletion
// pass leaves out those that it can do without. Where tables alone do not suffice, conclusions that
// the solver learnt are used as lemmas.
//
// What the root asks for is not put into tables: of three wishes for a package two may clash.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "flowstone/solve/conflict.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::solve {

// All dependencies of one package on another, under one condition.
struct DependencyTable {
  PackageId dependent;
  std::optional<PackageId> when;
  PackageId package;
  std::vector<const DependencyFact*> facts;
  std::map<Ordinal, OrdinalSet> rows;  // candidate of the dependent → what all of its facts allow
};

struct Lemma {
  std::size_t node;  // in the proof
  const Conclusion* conclusion;
};

// An UnusableFact: all candidates that cannot be used for that reason.
using Constraint = std::variant<DependencyTable, UnusableFact, Lemma>;

struct Premise {
  const Constraint* constraint;
  // The candidates for which it was needed: of the dependent, or of the unusable package. Empty for
  // lemmas.
  OrdinalSet relevant;
  // Of a table with several facts, when it suffices that each of those candidates allows no more
  // than all of them together do: what that is.
  std::optional<OrdinalSet> together = {};
};

struct Argument {
  std::vector<Premise> premises;  // in the order in which they are told
  PackageId clash;                // the package of which they leave nothing
};

class Reasoner {
 public:
  // `conflict` outlives this.
  explicit Reasoner(const Conflict& conflict);

  // Premises that together contradict the assumptions; lemmas only from nodes of the proof before
  // `node`.
  Argument Contradict(std::span<const Term> assumptions, std::size_t node) const;

 private:
  class Propagation;
  using Selection = std::vector<bool>;  // by constraint

  Selection Minimize(std::span<const Term> assumptions, Selection selection) const;
  // Finds out which tables may be summed up (Premise::together).
  void SumUp(std::span<const Term> assumptions, const Selection& selection,
             std::vector<Premise>& premises) const;

  const Conflict& conflict_;
  std::vector<Constraint> constraints_;
};

}  // namespace flowstone::solve
