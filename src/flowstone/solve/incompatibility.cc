#include "flowstone/solve/incompatibility.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/solve/candidate_provider.h"
#include "flowstone/solve/conflict.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::solve {
namespace {

constexpr std::uint32_t kNoCondition = UINT32_MAX;

// The candidates without the value for "not selected".
OrdinalSet WithoutAbsence(const OrdinalSet& set) {
  return set.Resized(set.size() - 1);
}

// Adds a term, or narrows the one on the same package. A term that always holds is left out. False
// when no value satisfies the terms any more.
bool Conjoin(std::vector<Term>& terms, Term term) {
  for (Term& existing : terms) {
    if (existing.package == term.package) {
      existing.set &= term.set;
      return !existing.set.is_empty();
    }
  }
  const bool is_possible = !term.set.is_empty();
  if (!term.set.is_full()) {
    terms.push_back(std::move(term));
  }
  return is_possible;
}

}  // namespace

const Term* Incompatibility::Find(PackageId package) const {
  const auto found =
      std::ranges::find_if(terms, [&](const Term& term) { return term.package == package; });
  return found == terms.end() ? nullptr : &*found;
}

std::size_t IncompatibilityStore::DependencyKeyHash::operator()(
    const DependencyKey& key) const noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::uint32_t part : {key.dependent, key.package, key.range, key.when}) {
    hash = (hash ^ part) * 0x100000001b3U;
  }
  return static_cast<std::size_t>(hash ^ (hash >> 32U));
}

const std::vector<IncompatibilityId>& IncompatibilityStore::Mentioning(PackageId package) const {
  static const std::vector<IncompatibilityId> none;
  return package.value < by_package_.size() ? by_package_[package.value] : none;
}

IncompatibilityId IncompatibilityStore::Add(Incompatibility incompatibility) {
  all_.push_back(std::move(incompatibility));
  return all_.size() - 1;
}

void IncompatibilityStore::Index(IncompatibilityId id) {
  for (const Term& term : all_[id].terms) {
    if (term.package.value >= by_package_.size()) {
      by_package_.resize(term.package.value + std::size_t{1});
    }
    by_package_[term.package.value].push_back(id);
  }
}

IncompatibilityId IncompatibilityStore::AddRoot(PackageId root) {
  // One candidate and absence: absence cannot be.
  const IncompatibilityId id =
      Add({.terms = {{root, OrdinalSet::Only(2, 1)}}, .cause = RootCause{}});
  Index(id);
  return id;
}

IncompatibilityId IncompatibilityStore::AddUnusable(PackageId package, const OrdinalSet& candidates,
                                                    ReasonId reason) {
  OrdinalSet set = candidates.Resized(candidates.size() + 1);
  const IncompatibilityId id =
      Add({.terms = {{package, std::move(set)}}, .cause = UnusableCause{reason}});
  Index(id);
  return id;
}

std::optional<IncompatibilityId> IncompatibilityStore::AddDependency(
    PackageId dependent, std::uint32_t dependents, Ordinal candidate, const Dependency& dependency,
    OrdinalSet allowed, std::uint32_t when_candidates) {
  const DependencyKey key{dependent.value, dependency.package.value, dependency.range.value,
                          dependency.when ? dependency.when->value : kNoCondition};
  // A package that restricts itself says something else for each candidate.
  const bool is_mergeable = dependent != dependency.package;
  if (is_mergeable) {
    if (const auto known = dependencies_.find(key); known != dependencies_.end()) {
      all_[known->second].terms.front().set.Insert(candidate);
      return known->second;
    }
  }
  Incompatibility incompatibility;
  incompatibility.terms.push_back({dependent, OrdinalSet::Only(dependents + 1, candidate)});
  if (dependency.when) {
    const OrdinalSet selected = OrdinalSet::Full(when_candidates).Resized(when_candidates + 1);
    if (!Conjoin(incompatibility.terms, {*dependency.when, selected})) {
      return std::nullopt;
    }
  }
  OrdinalSet violation = allowed.Resized(allowed.size() + 1).Complement();
  if (!Conjoin(incompatibility.terms, {dependency.package, std::move(violation)})) {
    return std::nullopt;
  }
  incompatibility.cause =
      DependencyCause{dependency.when, dependency.package, dependency.range, std::move(allowed)};
  const IncompatibilityId id = Add(std::move(incompatibility));
  Index(id);
  if (is_mergeable) {
    dependencies_.emplace(key, id);
  }
  return id;
}

IncompatibilityId IncompatibilityStore::Resolve(IncompatibilityId first, IncompatibilityId second,
                                                PackageId package) {
  const Incompatibility& a = all_[first];
  const Incompatibility& b = all_[second];
  Incompatibility conclusion;
  for (const Incompatibility* parent : {&a, &b}) {
    for (const Term& term : parent->terms) {
      if (term.package != package) {
        const bool is_possible = Conjoin(conclusion.terms, term);
        FLOWSTONE_CHECK(is_possible);
      }
    }
  }
  // Whatever the package is, one of the parents applies: only values outside both escape.
  OrdinalSet either = a.Find(package)->set | b.Find(package)->set;
  if (!either.is_full()) {
    conclusion.terms.push_back({package, std::move(either)});
  }
  conclusion.cause = LearntCause{first, second};
  return Add(std::move(conclusion));
}

void IncompatibilityStore::Learn(IncompatibilityId id) {
  all_[id].is_lemma = true;
  Index(id);
}

ProofNode IncompatibilityStore::ToProofNode(const Incompatibility& incompatibility,
                                            const std::vector<std::size_t>& places) const {
  return std::visit(
      [&](const auto& cause) -> ProofNode {
        using Cause = std::decay_t<decltype(cause)>;
        if constexpr (std::is_same_v<Cause, RootCause>) {
          return RootFact{incompatibility.terms.front().package};
        } else if constexpr (std::is_same_v<Cause, DependencyCause>) {
          const Term& dependents = incompatibility.terms.front();
          return DependencyFact{dependents.package, WithoutAbsence(dependents.set),
                                cause.when,         cause.package,
                                cause.range,        cause.allowed};
        } else if constexpr (std::is_same_v<Cause, UnusableCause>) {
          const Term& term = incompatibility.terms.front();
          return UnusableFact{term.package, WithoutAbsence(term.set), cause.reason};
        } else {
          return Conclusion{places[cause.first], places[cause.second], incompatibility.terms,
                            incompatibility.is_lemma};
        }
      },
      incompatibility.cause);
}

std::vector<ProofNode> IncompatibilityStore::ProofOf(IncompatibilityId last) const {
  // Parents have smaller ids than their children, so ascending order is an order of proof.
  std::vector<bool> is_needed(all_.size(), false);
  is_needed[last] = true;
  for (IncompatibilityId id = last + 1; id-- > 0;) {
    if (const auto* learnt = std::get_if<LearntCause>(&all_[id].cause);
        is_needed[id] && learnt != nullptr) {
      is_needed[learnt->first] = true;
      is_needed[learnt->second] = true;
    }
  }
  std::vector<ProofNode> proof;
  std::vector<std::size_t> places(all_.size(), 0);
  for (IncompatibilityId id = 0; id <= last; ++id) {
    if (is_needed[id]) {
      places[id] = proof.size();
      proof.push_back(ToProofNode(all_[id], places));
    }
  }
  return proof;
}

}  // namespace flowstone::solve
