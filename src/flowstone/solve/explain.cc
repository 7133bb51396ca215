#include "flowstone/solve/explain.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/solve/argument.h"
#include "flowstone/solve/conflict.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::solve {
namespace {

// So many runs of versions, or different ranges, are listed before they are summed up.
constexpr std::size_t kListed = 3;

struct Run {
  Ordinal first;
  Ordinal last;
};

std::vector<Run> RunsOf(const OrdinalSet& set) {
  std::vector<Run> runs;
  for (std::optional<Ordinal> next = set.Lowest(); next; next = set.LowestAtOrAfter(*next + 1)) {
    if (!runs.empty() && runs.back().last + 1 == *next) {
      runs.back().last = *next;
    } else {
      runs.push_back({*next, *next});
    }
  }
  return runs;
}

enum class Number : std::uint8_t { kSingular, kPlural };

struct Subject {
  std::string text;
  Number number = Number::kSingular;
};

class Narrator {
 public:
  Narrator(const Conflict& conflict, const Describer& describer)
      : conflict_(conflict), describer_(describer), reasoner_(conflict) {}

  // The reasons, and what they rest on.
  Explanation Tell() {
    TellContradiction({}, conflict_.proof.size());
    return {.reasons = std::move(reasons_), .conclusion = {}, .facts = std::move(facts_)};
  }

 private:
  void TellContradiction(const std::vector<Term>& assumptions, std::size_t node) {
    for (const Premise& premise : reasoner_.Contradict(assumptions, node)) {
      if (const auto* table = std::get_if<DependencyTable>(premise.constraint)) {
        NoteFacts(*table, premise.relevant);
        Say(table->dependent == conflict_.root ? RequirementText(*table)
                                               : DependencyText(*table, premise.relevant));
      } else if (const auto* unusable = std::get_if<const UnusableFact*>(premise.constraint)) {
        const UnusableFact& fact = **unusable;
        facts_.emplace_back(UnusableFact{fact.package, Shown(fact, premise.relevant), fact.reason});
        Say(UnusableText(fact, premise.relevant));
      } else {
        const auto& lemma = std::get<Lemma>(*premise.constraint);
        if (told_lemmas_.insert(lemma.node).second) {
          TellContradiction(lemma.conclusion->terms, lemma.node);
          Say("so " + LemmaText(lemma.conclusion->terms));
        }
      }
    }
  }

  void NoteFacts(const DependencyTable& table, const OrdinalSet& relevant) {
    for (const DependencyFact* fact : table.facts) {
      DependencyFact noted = *fact;
      if (table.dependent != conflict_.root) {
        noted.dependents = fact->dependents & relevant;
      }
      if (!noted.dependents.is_empty()) {
        facts_.emplace_back(std::move(noted));
      }
    }
  }

  static const OrdinalSet& Shown(const UnusableFact& fact, const OrdinalSet& relevant) {
    return relevant.is_empty() ? fact.candidates : relevant;
  }

  void Say(std::string sentence) {
    if (std::ranges::find(reasons_, sentence) == reasons_.end()) {
      reasons_.push_back(std::move(sentence));
    }
  }

  std::string RunText(PackageId package, const Run& run) const {
    const std::string first = describer_.CandidateName(package, run.first);
    return run.first == run.last ? first
                                 : first + " to " + describer_.CandidateName(package, run.last);
  }

  // "1.0", "1.0 to 2.0, 3.0", "312 versions between 1.0 and 9.0".
  std::string VersionsText(PackageId package, const OrdinalSet& set) const {
    const std::vector<Run> runs = RunsOf(set);
    if (runs.size() > kListed) {
      return std::to_string(set.Count()) + " versions between " +
             describer_.CandidateName(package, *set.Lowest()) + " and " +
             describer_.CandidateName(package, *set.Highest());
    }
    std::vector<std::string> texts;
    texts.reserve(runs.size());
    for (const Run& run : runs) {
      texts.push_back(RunText(package, run));
    }
    return JoinText(texts, ", ");
  }

  // "every version of a", "a 1.0", "a 1.0 to 2.0"; of a feature, its name with those versions.
  Subject SubjectText(PackageId package, const OrdinalSet& set, const std::string& name) const {
    if (set.is_full() && set.size() > 1) {
      return {"every version of " + name, Number::kSingular};
    }
    return {name + " " + VersionsText(package, set),
            set.Count() == 1 ? Number::kSingular : Number::kPlural};
  }

  // "b>=3", and what is the matter with it when nothing is in the range.
  std::string ObjectText(const DependencyFact& fact) const {
    return describer_.PackageName(fact.package) + describer_.RangeText(fact.package, fact.range);
  }

  std::string AbsenceText(PackageId package, const OrdinalSet& allowed) const {
    const UniverseFact& universe = conflict_.universes.at(package);
    if (universe.candidates == 0) {
      return ", but " + describer_.PackageName(package) + " " +
             describer_.ReasonText(package, universe.absence);
    }
    if (allowed.is_empty()) {
      return ", but there is no such version (" +
             VersionsText(package, OrdinalSet::Full(universe.candidates)) + " " +
             (universe.candidates == 1 ? "exists" : "exist") + ")";
    }
    return "";
  }

  // "step train requires a>=2 and the project requires a<1".
  std::string RequirementText(const DependencyTable& table) const {
    std::vector<std::string> texts;
    texts.reserve(table.facts.size());
    OrdinalSet allowed = OrdinalSet::Full(conflict_.universes.at(table.package).candidates);
    for (const DependencyFact* fact : table.facts) {
      texts.push_back(describer_.Requirer(fact->package, fact->range) + " requires " +
                      ObjectText(*fact));
    }
    // Only a single wish can be blamed on the versions that exist; two may exclude each other.
    if (table.facts.size() == 1) {
      allowed = table.facts.front()->allowed;
    }
    return JoinText(texts, " and ") + AbsenceText(table.package, allowed);
  }

  std::string DependencyText(const DependencyTable& table, const OrdinalSet& relevant) const {
    const std::string name = describer_.PackageName(table.when.value_or(table.dependent));
    OrdinalSet allowed = OrdinalSet::Empty(conflict_.universes.at(table.package).candidates);
    std::vector<std::pair<OrdinalSet, const DependencyFact*>> parts;
    for (const DependencyFact* fact : table.facts) {
      OrdinalSet dependents = fact->dependents & relevant;
      if (!dependents.is_empty()) {
        allowed |= fact->allowed;
        parts.emplace_back(std::move(dependents), fact);
      }
    }
    std::ranges::stable_sort(parts, {}, [](const auto& part) { return part.first.Lowest(); });
    std::vector<std::string> clauses;
    for (const auto& [dependents, fact] : parts) {
      if (clauses.size() <= kListed) {
        clauses.push_back(Clause(SubjectText(table.dependent, dependents, name)) +
                          ObjectText(*fact));
      }
    }
    if (clauses.size() <= kListed) {
      return JoinText(clauses, " and ") + AbsenceText(table.package, allowed);
    }
    const std::string object = describer_.PackageName(table.package);
    return Clause(SubjectText(table.dependent, relevant, name)) + object +
           (allowed.is_full() ? ", on different versions of it"
            : allowed.is_empty()
                ? AbsenceText(table.package, allowed)
                : " " + VersionsText(table.package, allowed) + ", each on its own range of them");
  }

  static std::string Clause(const Subject& subject) {
    return subject.text + (subject.number == Number::kSingular ? " depends on " : " depend on ");
  }

  std::string UnusableText(const UnusableFact& fact, const OrdinalSet& relevant) const {
    return SubjectText(fact.package, Shown(fact, relevant), describer_.PackageName(fact.package))
               .text +
           " cannot be used: " + describer_.ReasonText(fact.package, fact.reason);
  }

  // What the terms, which cannot all hold, mean.
  std::string LemmaText(const std::vector<Term>& terms) const {
    std::vector<std::string> selected;
    std::vector<std::string> needed;
    for (const Term& term : terms) {
      const std::uint32_t candidates = term.set.size() - 1;
      const std::string name = describer_.PackageName(term.package);
      if (term.package == conflict_.root) {
        continue;
      }
      if (term.set.Contains(candidates)) {
        const OrdinalSet rest = term.set.Complement().Resized(candidates);
        needed.push_back(rest.is_full() ? name : SubjectText(term.package, rest, name).text);
      } else {
        selected.push_back(SubjectText(term.package, term.set.Resized(candidates), name).text);
      }
    }
    if (needed.empty()) {
      return selected.size() == 1 ? selected.front() + " cannot be used"
                                  : JoinText(selected, " and ") + " exclude each other";
    }
    const std::string wish = JoinText(needed, " or ");
    return selected.empty() ? wish + " is needed" : JoinText(selected, " and ") + " needs " + wish;
  }

  const Conflict& conflict_;
  const Describer& describer_;
  Reasoner reasoner_;
  std::set<std::size_t> told_lemmas_;
  std::vector<std::string> reasons_;
  std::vector<ReasonFact> facts_;
};

}  // namespace

std::string Explanation::ToString() const {
  std::string text;
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    text += std::to_string(i + 1) + ". " + reasons[i] + "\n";
  }
  return text + conclusion;
}

Explanation Explain(const Conflict& conflict, const Describer& describer,
                    const ExplainOptions& options) {
  Explanation explanation = Narrator(conflict, describer).Tell();
  explanation.conclusion = "so the requirements cannot be satisfied together";
  if (explanation.reasons.size() > options.max_reasons) {
    const std::size_t cut = explanation.reasons.size() - options.max_reasons;
    explanation.reasons.resize(options.max_reasons);
    explanation.reasons.push_back("and " + std::to_string(cut) + " more reasons of this kind");
  }
  return explanation;
}

}  // namespace flowstone::solve
