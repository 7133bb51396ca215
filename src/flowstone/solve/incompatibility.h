// IncompatibilityStore: everything the solver knows, as sets of terms that cannot all hold.
//
// An incompatibility is a fact stated by the provider or a conclusion from two others, which it
// names: together they are the proof of whatever is learnt. They are never removed. Facts of one
// package that only differ in the candidates of the dependent are one incompatibility, whose first
// term grows: it stays true, and so does everything concluded from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "flowstone/solve/candidate_provider.h"
#include "flowstone/solve/conflict.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::solve {

using IncompatibilityId = std::size_t;

struct RootCause {};
struct DependencyCause {
  std::optional<PackageId> when;
  PackageId package;
  RangeId range;
  OrdinalSet allowed;
};
struct UnusableCause {
  ReasonId reason;
};
struct LearntCause {
  IncompatibilityId first;
  IncompatibilityId second;
};

struct Incompatibility {
  std::vector<Term> terms;  // each package once; of a fact, the dependent first
  std::variant<RootCause, DependencyCause, UnusableCause, LearntCause> cause;
  bool is_lemma = false;  // a conclusion that took part in propagation

  const Term* Find(PackageId package) const;
};

class IncompatibilityStore {
 public:
  const Incompatibility& operator[](IncompatibilityId id) const { return all_[id]; }
  // The incompatibilities that mention the package and take part in propagation.
  const std::vector<IncompatibilityId>& Mentioning(PackageId package) const;

  // "The root is selected."
  IncompatibilityId AddRoot(PackageId root);
  IncompatibilityId AddUnusable(PackageId package, const OrdinalSet& candidates, ReasonId reason);
  // States that `candidate` has the dependency; `allowed` is its range, lowered, and
  // `when_candidates` the size of the universe of its condition. Nothing when it cannot be
  // violated.
  std::optional<IncompatibilityId> AddDependency(PackageId dependent, std::uint32_t dependents,
                                                 Ordinal candidate, const Dependency& dependency,
                                                 OrdinalSet allowed, std::uint32_t when_candidates);
  // The conclusion from two incompatibilities that leaves `package` out as far as possible. It does
  // not take part in propagation before Learn.
  IncompatibilityId Resolve(IncompatibilityId first, IncompatibilityId second, PackageId package);
  void Learn(IncompatibilityId id);

  // The part of the proof that leads to `last`, in order.
  std::vector<ProofNode> ProofOf(IncompatibilityId last) const;

 private:
  struct DependencyKey {
    std::uint32_t dependent;
    std::uint32_t package;
    std::uint32_t range;
    std::uint32_t when;
    friend bool operator==(const DependencyKey&, const DependencyKey&) = default;
  };
  struct DependencyKeyHash {
    std::size_t operator()(const DependencyKey& key) const noexcept;
  };

  IncompatibilityId Add(Incompatibility incompatibility);
  void Index(IncompatibilityId id);
  ProofNode ToProofNode(const Incompatibility& incompatibility,
                        const std::vector<std::size_t>& places) const;

  std::vector<Incompatibility> all_;
  std::vector<std::vector<IncompatibilityId>> by_package_;
  std::unordered_map<DependencyKey, IncompatibilityId, DependencyKeyHash> dependencies_;
};

}  // namespace flowstone::solve
