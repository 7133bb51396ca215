#include "flowstone/solve/argument.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/solve/conflict.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::solve {
namespace {

// Beyond so many constraints the deletion pass would take longer than anyone reads.
constexpr std::size_t kMaxMinimized = 200;

void AddToTable(DependencyTable& table, const DependencyFact& fact) {
  table.facts.push_back(&fact);
  for (std::optional<Ordinal> candidate = fact.dependents.Lowest(); candidate;
       candidate = fact.dependents.LowestAtOrAfter(*candidate + 1)) {
    const auto [row, is_new] = table.rows.emplace(*candidate, fact.allowed);
    if (!is_new) {
      row->second &= fact.allowed;
    }
  }
}

std::vector<Constraint> CollectConstraints(const Conflict& conflict) {
  std::vector<Constraint> constraints;
  using Key = std::tuple<PackageId, std::optional<PackageId>, PackageId, std::optional<RangeId>>;
  std::map<Key, std::size_t> tables;
  std::map<std::pair<PackageId, ReasonId>, std::size_t> refusals;
  for (std::size_t node = 0; node < conflict.proof.size(); ++node) {
    if (const auto* fact = std::get_if<DependencyFact>(&conflict.proof[node])) {
      const bool is_wish = fact->dependent == conflict.root;
      const auto [entry, is_new] =
          tables.emplace(Key(fact->dependent, fact->when, fact->package,
                             is_wish ? std::optional(fact->range) : std::nullopt),
                         constraints.size());
      if (is_new) {
        constraints.emplace_back(
            DependencyTable{fact->dependent, fact->when, fact->package, {}, {}});
      }
      AddToTable(std::get<DependencyTable>(constraints[entry->second]), *fact);
    } else if (const auto* unusable = std::get_if<UnusableFact>(&conflict.proof[node])) {
      const auto [entry, is_new] =
          refusals.emplace(std::pair(unusable->package, unusable->reason), constraints.size());
      if (is_new) {
        constraints.emplace_back(*unusable);
      } else {
        std::get<UnusableFact>(constraints[entry->second]).candidates |= unusable->candidates;
      }
    } else if (const auto* conclusion = std::get_if<Conclusion>(&conflict.proof[node]);
               conclusion != nullptr && conclusion->is_lemma) {
      constraints.emplace_back(Lemma{node, conclusion});
    }
  }
  return constraints;
}

// The packages that must have been mentioned for the constraint to mean something.
std::vector<PackageId> SubjectsOf(const Constraint& constraint) {
  if (const auto* table = std::get_if<DependencyTable>(&constraint)) {
    return table->when && table->when != table->package
               ? std::vector<PackageId>{table->dependent, *table->when}
               : std::vector<PackageId>{table->dependent};
  }
  if (const auto* unusable = std::get_if<UnusableFact>(&constraint)) {
    return {unusable->package};
  }
  return {};
}

// Tells an argument as a chain: whoever asks for a package, then what is the matter with it, what
// it depends on, and so on to where two chains meet.
class ReadingOrder {
 public:
  ReadingOrder(PackageId root, std::set<PackageId> mentioned)
      : root_(root), mentioned_(std::move(mentioned)) {}

  std::vector<Premise> Sort(std::vector<Premise> premises) {
    std::vector<Premise> ordered;
    ordered.reserve(premises.size());
    while (!premises.empty()) {
      const auto next = std::ranges::min_element(
          premises, {}, [&](const Premise& premise) { return RankOf(premise, premises); });
      if (const auto* table = std::get_if<DependencyTable>(next->constraint)) {
        mentioned_.insert(table->package);
        latest_ = table->package;
      }
      ordered.push_back(std::move(*next));
      premises.erase(next);
    }
    return ordered;
  }

 private:
  enum class Rank : std::uint8_t {
    kTrouble,      // of the package that was mentioned last
    kNextLink,     // what that depends on
    kOtherLink,    // something about a package that was mentioned before
    kOpening,      // a wish that leads somewhere
    kClosing,      // a wish that is in the way of all this
    kLemma,        // stands for itself
    kUnmentioned,  // about a package that nothing has led to
  };

  Rank RankOf(const Premise& premise, const std::vector<Premise>& rest) const {
    const Constraint& constraint = *premise.constraint;
    const std::vector<PackageId> subjects = SubjectsOf(constraint);
    if (subjects.empty()) {
      return Rank::kLemma;
    }
    if (subjects.front() == root_) {
      const PackageId wanted = std::get<DependencyTable>(constraint).package;
      const bool leads_on = std::ranges::any_of(rest, [&](const Premise& other) {
        const std::vector<PackageId> of_other = SubjectsOf(*other.constraint);
        return std::ranges::find(of_other, wanted) != of_other.end();
      });
      return leads_on ? Rank::kOpening : Rank::kClosing;
    }
    const bool is_known = std::ranges::all_of(
        subjects, [&](PackageId subject) { return mentioned_.contains(subject); });
    if (!is_known) {
      return Rank::kUnmentioned;
    }
    if (subjects.front() != latest_) {
      return Rank::kOtherLink;
    }
    return std::holds_alternative<DependencyTable>(constraint) ? Rank::kNextLink : Rank::kTrouble;
  }

  const PackageId root_;
  std::set<PackageId> mentioned_;
  std::optional<PackageId> latest_;
};

// The same for each of the candidates: what all of them allow together.
DependencyTable SummedUp(const DependencyTable& table, const OrdinalSet& candidates) {
  DependencyTable sum{table.dependent, table.when, table.package, table.facts, {}};
  OrdinalSet together = OrdinalSet::Empty(table.rows.begin()->second.size());
  for (const auto& [candidate, allowed] : table.rows) {
    if (candidates.Contains(candidate)) {
      together |= allowed;
    }
  }
  for (const auto& [candidate, allowed] : table.rows) {
    if (candidates.Contains(candidate)) {
      sum.rows.emplace(candidate, together);
    }
  }
  return sum;
}

}  // namespace

// One derivation from a selection of the constraints.
class Reasoner::Propagation {
 public:
  Propagation(const Reasoner& reasoner, std::span<const Term> assumptions) : reasoner_(reasoner) {
    for (const Constraint& constraint : reasoner.constraints_) {
      constraints_.push_back(&constraint);
    }
    for (const auto& [package, universe] : reasoner.conflict_.universes) {
      values_.emplace(package, OrdinalSet::Full(universe.candidates + 1));
    }
    values_.at(reasoner.conflict_.root) = OrdinalSet::Only(2, 0);
    for (const Term& assumption : assumptions) {
      values_.at(assumption.package) &= assumption.set;
    }
  }

  // Reads `constraint`, which outlives this, where it would read the one of that number.
  void Replace(std::size_t index, const Constraint& constraint) {
    constraints_[index] = &constraint;
  }

  // Whether the selection contradicts the assumptions.
  bool Run(const Selection& selection) {
    std::vector<std::size_t> looked_at(selection.size(), SIZE_MAX);  // steps at the time
    bool has_changed = true;
    while (has_changed) {
      has_changed = false;
      for (std::size_t i = 0; i < selection.size(); ++i) {
        if (!selection[i] || looked_at[i] == steps_.size()) {
          continue;
        }
        const std::size_t before = steps_.size();
        looked_at[i] = before;
        std::visit([&](const auto& constraint) { Apply(i, constraint); }, *constraints_[i]);
        has_changed = has_changed || steps_.size() != before;
        if (is_contradicted_) {
          return true;
        }
      }
    }
    return false;
  }

  // The constraints that the contradiction rests on. REQUIRES: Run was true.
  Selection Used() const {
    Selection used(reasoner_.constraints_.size(), false);
    // A step matters when it precedes the last use of its package.
    std::unordered_map<PackageId, std::size_t> last_use;
    for (std::size_t i = steps_.size(); i-- > 0;) {
      const Step& step = steps_[i];
      const auto use = last_use.find(step.package);
      const bool is_last = i + 1 == steps_.size();
      if (!is_last && (use == last_use.end() || i >= use->second)) {
        continue;
      }
      used[step.constraint] = true;
      for (const PackageId read : step.read) {
        last_use.try_emplace(read, i);
      }
      last_use.try_emplace(step.package, i);
    }
    return used;
  }

  // The package of which nothing is left. REQUIRES: Run was true.
  PackageId Clash() const { return steps_.back().package; }

  // The constraints that did something, in that order. REQUIRES: Run was true.
  std::vector<Premise> Premises() const {
    std::vector<Premise> premises;
    std::map<std::size_t, std::size_t> places;
    for (const Step& step : steps_) {
      const auto [place, is_new] = places.emplace(step.constraint, premises.size());
      if (is_new) {
        premises.push_back({&reasoner_.constraints_[step.constraint], step.relevant});
      } else {
        premises[place->second].relevant |= step.relevant;
      }
    }
    return premises;
  }

 private:
  struct Step {
    std::size_t constraint;
    PackageId package;            // whose values it narrowed
    std::vector<PackageId> read;  // whose values it rests on
    OrdinalSet relevant;
  };

  const OrdinalSet& Values(PackageId package) const { return values_.at(package); }
  OrdinalSet CandidatesLeft(PackageId package) const {
    const OrdinalSet& values = Values(package);
    return values.Resized(values.size() - 1);
  }
  bool IsNeeded(PackageId package) const {
    const OrdinalSet& values = Values(package);
    return !values.Contains(values.size() - 1);
  }

  void Narrow(std::size_t constraint, PackageId package, const OrdinalSet& to,
              std::vector<PackageId> read, OrdinalSet relevant) {
    OrdinalSet& values = values_.at(package);
    if (values.IsSubsetOf(to)) {
      return;
    }
    values &= to;
    is_contradicted_ = is_contradicted_ || values.is_empty();
    steps_.push_back({constraint, package, std::move(read), std::move(relevant)});
  }

  void Apply(std::size_t index, const UnusableFact& fact) {
    const OrdinalSet hit = fact.candidates & CandidatesLeft(fact.package);
    const OrdinalSet rest = fact.candidates.Resized(fact.candidates.size() + 1).Complement();
    Narrow(index, fact.package, rest, {}, hit);
  }

  void Apply(std::size_t index, const Lemma& lemma) {
    const Term* open = nullptr;
    std::vector<PackageId> read;
    for (const Term& term : lemma.conclusion->terms) {
      if (Values(term.package).IsSubsetOf(term.set)) {
        read.push_back(term.package);
      } else if (open != nullptr) {
        return;
      } else {
        open = &term;
      }
    }
    if (open == nullptr) {
      open = &lemma.conclusion->terms.front();
    }
    Narrow(index, open->package, open->set.Complement(), std::move(read), {});
  }

  // What a table says about the candidates that are left.
  struct Reading {
    OrdinalSet allowed;         // of the package, by any of them
    OrdinalSet impossible;      // those that allow nothing that is left
    bool restricts_all = true;  // each of them has a row
  };

  Reading Read(const DependencyTable& table, const OrdinalSet& left,
               const OrdinalSet& available) const {
    Reading reading{OrdinalSet::Empty(available.size()), OrdinalSet::Empty(left.size())};
    for (std::optional<Ordinal> candidate = left.Lowest(); candidate;
         candidate = left.LowestAtOrAfter(*candidate + 1)) {
      const auto row = table.rows.find(*candidate);
      if (row == table.rows.end()) {
        reading.restricts_all = false;
        continue;
      }
      reading.allowed |= row->second;
      const bool is_possible = table.package == table.dependent
                                   ? row->second.Contains(*candidate)
                                   : !row->second.IsDisjointFrom(available);
      if (!is_possible) {
        reading.impossible.Insert(*candidate);
      }
    }
    return reading;
  }

  // A table that holds while its own package is selected: a restriction, not a need.
  void ApplyRestriction(std::size_t index, const DependencyTable& table) {
    if (IsNeeded(table.dependent)) {
      const OrdinalSet& allowed = table.rows.begin()->second;
      OrdinalSet rest = allowed.Resized(allowed.size() + 1);
      rest.Insert(allowed.size());
      Narrow(index, table.package, rest, {table.dependent}, CandidatesLeft(table.dependent));
    }
  }

  void Apply(std::size_t index, const DependencyTable& table) {
    if (table.when == table.package && table.dependent == reasoner_.conflict_.root) {
      ApplyRestriction(index, table);
      return;
    }
    if (table.when && CandidatesLeft(*table.when).is_empty()) {
      return;
    }
    const OrdinalSet left = CandidatesLeft(table.dependent);
    const Reading reading = Read(table, left, CandidatesLeft(table.package));
    const bool is_needed = IsNeeded(table.dependent);
    std::vector<PackageId> read = {table.dependent, table.package};
    if (table.when) {
      read.push_back(*table.when);
      if (!IsNeeded(*table.when)) {
        if (is_needed && reading.impossible == left) {
          const std::uint32_t values = Values(*table.when).size();
          Narrow(index, *table.when, OrdinalSet::Only(values, values - 1), std::move(read), left);
        }
        return;
      }
    }
    if (is_needed && reading.restricts_all && table.package != table.dependent) {
      const std::uint32_t values = Values(table.package).size();
      Narrow(index, table.package, reading.allowed.Resized(values), read, left);
    }
    if (!is_contradicted_ && !reading.impossible.is_empty()) {
      const OrdinalSet rest = reading.impossible.Resized(left.size() + 1).Complement();
      Narrow(index, table.dependent, rest, std::move(read), reading.impossible);
    }
  }

  const Reasoner& reasoner_;
  std::vector<const Constraint*> constraints_;  // by number
  std::unordered_map<PackageId, OrdinalSet> values_;
  std::vector<Step> steps_;
  bool is_contradicted_ = false;
};

Reasoner::Reasoner(const Conflict& conflict)
    : conflict_(conflict), constraints_(CollectConstraints(conflict)) {}

Argument Reasoner::Contradict(std::span<const Term> assumptions, std::size_t node) const {
  Selection facts(constraints_.size(), true);
  Selection facts_and_lemmas(constraints_.size(), true);
  for (std::size_t i = 0; i < constraints_.size(); ++i) {
    if (const auto* lemma = std::get_if<Lemma>(&constraints_[i])) {
      facts[i] = false;
      facts_and_lemmas[i] = lemma->node < node;
    }
  }
  for (const Selection& selection : {facts, facts_and_lemmas}) {
    Propagation propagation(*this, assumptions);
    if (propagation.Run(selection)) {
      const Selection minimal = Minimize(assumptions, propagation.Used());
      Propagation argument(*this, assumptions);
      const bool is_contradicted = argument.Run(minimal);
      FLOWSTONE_CHECK(is_contradicted);
      std::set<PackageId> mentioned = {conflict_.root};
      for (const Term& assumption : assumptions) {
        mentioned.insert(assumption.package);
      }
      std::vector<Premise> premises = argument.Premises();
      SumUp(assumptions, minimal, premises);
      return {ReadingOrder(conflict_.root, std::move(mentioned)).Sort(std::move(premises)),
              argument.Clash()};
    }
  }
  // Every learnt conclusion follows from earlier ones by the weaker rule that the solver uses.
  FLOWSTONE_CHECK(false);
  return {};
}

void Reasoner::SumUp(std::span<const Term> assumptions, const Selection& selection,
                     std::vector<Premise>& premises) const {
  std::vector<std::pair<std::size_t, Constraint>> sums;  // those that suffice so far
  for (Premise& premise : premises) {
    const auto* table = std::get_if<DependencyTable>(premise.constraint);
    if (table == nullptr || table->facts.size() < 2) {
      continue;
    }
    DependencyTable sum = SummedUp(*table, premise.relevant);
    OrdinalSet together = sum.rows.begin()->second;
    sums.emplace_back(premise.constraint - constraints_.data(), std::move(sum));
    Propagation propagation(*this, assumptions);
    for (const auto& [index, constraint] : sums) {
      propagation.Replace(index, constraint);
    }
    if (propagation.Run(selection)) {
      premise.together = std::move(together);
    } else {
      sums.pop_back();
    }
  }
}

Reasoner::Selection Reasoner::Minimize(std::span<const Term> assumptions,
                                       Selection selection) const {
  if (static_cast<std::size_t>(std::ranges::count(selection, true)) > kMaxMinimized) {
    return selection;
  }
  // Lemmas first: each that goes saves an argument of its own.
  for (const bool is_lemma_turn : {true, false}) {
    for (std::size_t i = selection.size(); i-- > 0;) {
      if (!selection[i] || std::holds_alternative<Lemma>(constraints_[i]) != is_lemma_turn) {
        continue;
      }
      Selection without = selection;
      without[i] = false;
      Propagation propagation(*this, assumptions);
      if (propagation.Run(without)) {
        selection = propagation.Used();
      }
    }
  }
  return selection;
}

}  // namespace flowstone::solve
