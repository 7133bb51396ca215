#include "flowstone/solve/explain.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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

// What stands before the name of a package when all of its candidates are meant.
constexpr std::string_view kEveryVersion = "every version of ";

// Of the text of a subject: "a 1.0 cannot be used", "no version of a can be used".
std::string UnusableText(const std::string& subject) {
  return subject.starts_with(kEveryVersion)
             ? "no version of " + subject.substr(kEveryVersion.size()) + " can be used"
             : subject + " cannot be used";
}

// Candidates that were given a name in the argument so far: "those of boto3>=1.34".
struct NamedRange {
  OrdinalSet candidates;
  std::string text;  // ">=1.34"
};

class Narrator {
 public:
  Narrator(const Conflict& conflict, const Describer& describer)
      : conflict_(conflict), describer_(describer), reasoner_(conflict) {}

  Explanation Tell() {
    const Argument argument = TellContradiction({}, conflict_.proof.size());
    std::string conclusion;
    if (argument.clash == conflict_.root) {
      conclusion = "so the requirements contradict each other";
    } else if (!AsksForNothing(argument.premises.back())) {
      conclusion = "so no version of " + describer_.PackageName(argument.clash) + " is left";
    }
    return {.reasons = std::move(reasons_),
            .conclusion = std::move(conclusion),
            .facts = std::move(facts_)};
  }

 private:
  Argument TellContradiction(const std::vector<Term>& assumptions, std::size_t node) {
    Argument argument = reasoner_.Contradict(assumptions, node);
    for (const Premise& premise : argument.premises) {
      if (const auto* table = std::get_if<DependencyTable>(premise.constraint)) {
        NoteFacts(*table, premise.relevant);
        if (!IsImplied(*table, premise.relevant, argument.premises)) {
          Say(table->dependent == conflict_.root ? RequirementText(*table)
                                                 : DependencyText(*table, premise));
        }
        NameRanges(*table);
      } else if (const auto* unusable = std::get_if<UnusableFact>(premise.constraint)) {
        TellUnusable(*unusable, premise.relevant);
      } else {
        TellLemma(std::get<Lemma>(*premise.constraint));
      }
    }
    return argument;
  }

  // Whether it is a dependency on what does not exist.
  static bool AsksForNothing(const Premise& premise) {
    const auto* table = std::get_if<DependencyTable>(premise.constraint);
    return table != nullptr && std::ranges::all_of(table->facts, [](const DependencyFact* fact) {
             return fact->allowed.is_empty();
           });
  }

  void TellUnusable(const UnusableFact& fact, const OrdinalSet& relevant) {
    const OrdinalSet& shown = relevant.is_empty() ? fact.candidates : relevant;
    facts_.emplace_back(UnusableFact{fact.package, shown, fact.reason});
    const std::string name = describer_.PackageName(fact.package);
    Say(UnusableText(SubjectText(fact.package, shown, fact.candidates, name).text) + ": " +
        describer_.ReasonText(fact.package, fact.reason, shown));
    OrdinalSet& excluded =
        excluded_.try_emplace(fact.package, OrdinalSet::Empty(shown.size())).first->second;
    excluded |= shown;
  }

  void TellLemma(const Lemma& lemma) {
    if (told_lemmas_.insert(lemma.node).second) {
      TellContradiction(lemma.conclusion->terms, lemma.node);
      Say("so " + LemmaText(lemma.conclusion->terms));
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

  // From here on, candidates may be called what the facts call them.
  void NameRanges(const DependencyTable& table) {
    for (const DependencyFact* fact : table.facts) {
      const std::string text = describer_.RangeText(fact->package, fact->range);
      if (!text.empty() && !fact->allowed.is_empty()) {
        named_[fact->package].push_back({fact->allowed, text});
      }
    }
  }

  // Whether the argument has another sentence that says this as well: who needs a feature of a
  // package needs the package.
  bool IsImplied(const DependencyTable& table, const OrdinalSet& relevant,
                 const std::vector<Premise>& premises) const {
    const bool wants_any = std::ranges::all_of(table.facts, [&](const DependencyFact* fact) {
      return describer_.RangeText(fact->package, fact->range).empty() && !fact->allowed.is_empty();
    });
    const auto is_feature_of_package = [&](PackageId feature) {
      return std::ranges::any_of(premises, [&](const Premise& premise) {
        const auto* other = std::get_if<DependencyTable>(premise.constraint);
        return other != nullptr && other->when == feature && other->dependent == table.package;
      });
    };
    return wants_any && std::ranges::any_of(premises, [&](const Premise& premise) {
             const auto* other = std::get_if<DependencyTable>(premise.constraint);
             return other != nullptr && other->dependent == table.dependent &&
                    other->when == table.when && relevant.IsSubsetOf(premise.relevant) &&
                    is_feature_of_package(other->package);
           });
  }

  void Say(std::string sentence) {
    if (std::ranges::find(reasons_, sentence) == reasons_.end()) {
      reasons_.push_back(std::move(sentence));
    }
  }

  // "1.0", "1.0 to 2.0, 3.0", "312 versions between 1.0 and 9.0".
  std::string VersionsText(PackageId package, const OrdinalSet& set) const {
    const std::vector<Run> runs = RunsOf(set);
    const auto name = [&](Ordinal candidate) {
      return describer_.CandidateName(package, candidate);
    };
    if (runs.size() > kListed) {
      return std::to_string(set.Count()) + " versions between " + name(runs.front().first) +
             " and " + name(runs.back().last);
    }
    std::vector<std::string> texts;
    texts.reserve(runs.size());
    for (const Run& run : runs) {
      texts.push_back(run.first == run.last ? name(run.first)
                                            : name(run.first) + " to " + name(run.last));
    }
    return JoinText(texts, ", ");
  }

  // The versions of a set behind a name: ">=2.0", "<=1.0", " 1.0 to 2.0, 3.0"; of all, nothing.
  std::string SetText(PackageId package, const OrdinalSet& set) const {
    if (set.is_full() && set.size() > 1) {
      return "";
    }
    const std::vector<Run> runs = RunsOf(set);
    if (runs.size() == 1 && runs.front().first != runs.front().last) {
      const auto [first, last] = runs.front();
      if (last + 1 == set.size()) {
        return ">=" + describer_.CandidateName(package, first);
      }
      if (first == 0) {
        return "<=" + describer_.CandidateName(package, last);
      }
    }
    return " " + VersionsText(package, set);
  }

  // Names the candidates that are told about: `needed` and, if that makes it shorter, others of
  // those that the sentence is `true_of`. "every version of a", "a>=1.34" as somebody has called
  // them, "a 1.0 to 2.0"; of a feature, its name with those versions.
  Subject SubjectText(PackageId package, const OrdinalSet& needed, const OrdinalSet& true_of,
                      const std::string& name) const {
    if (true_of.is_full() && true_of.size() > 1) {
      return {std::string(kEveryVersion) + name, Number::kSingular};
    }
    OrdinalSet excluded = OrdinalSet::Empty(needed.size());
    if (const auto known = excluded_.find(package); known != excluded_.end()) {
      excluded = known->second - needed;
    }
    if (const auto named = named_.find(package); named != named_.end() && needed.Count() > 1) {
      for (const NamedRange& range : named->second) {
        if (needed.IsSubsetOf(range.candidates) &&
            range.candidates.IsSubsetOf(true_of | excluded)) {
          const bool is_all = range.candidates.IsSubsetOf(true_of);
          return {(is_all ? "" : "every other ") + name + range.text, Number::kSingular};
        }
      }
    }
    const std::string text = SetText(package, WithoutGaps(needed, true_of));
    const bool is_plural = needed.Count() > 1 && text.starts_with(' ');
    return {name + text, is_plural ? Number::kPlural : Number::kSingular};
  }

  // Closes the gaps between runs as far as the sentence is true of them.
  static OrdinalSet WithoutGaps(const OrdinalSet& needed, const OrdinalSet& true_of) {
    OrdinalSet closed = needed;
    std::optional<Ordinal> end;  // of the run before
    for (const Run& run : RunsOf(needed)) {
      if (end) {
        OrdinalSet gap = OrdinalSet::Empty(needed.size());
        gap.InsertRange(*end, run.first);
        if (gap.IsSubsetOf(true_of)) {
          closed |= gap;
        }
      }
      end = run.last + 1;
    }
    return closed;
  }

  // "b>=3".
  std::string ObjectText(const DependencyFact& fact) const {
    return describer_.PackageName(fact.package) + describer_.RangeText(fact.package, fact.range);
  }

  // What is the matter with the object when nothing is in its range.
  std::string AbsenceText(PackageId package, const OrdinalSet& allowed) const {
    const UniverseFact& universe = conflict_.universes.at(package);
    if (universe.candidates == 0) {
      return ", but " + describer_.PackageName(package) + " " +
             describer_.ReasonText(package, universe.absence, allowed);
    }
    if (allowed.is_empty()) {
      return ", but there is no such version (" +
             VersionsText(package, OrdinalSet::Full(universe.candidates)) + " " +
             (universe.candidates == 1 ? "exists" : "exist") + ")";
    }
    return "";
  }

  // "step train requires a>=2", "constraints.txt:3 allows only a<2".
  std::string RequirementText(const DependencyTable& table) const {
    const DependencyFact& fact = *table.facts.front();
    const bool is_restriction = table.when == table.package;
    return describer_.Requirer(fact.package, fact.range) +
           (is_restriction ? " allows only " : " requires ") + ObjectText(fact) +
           AbsenceText(table.package, fact.allowed);
  }

  std::string DependencyText(const DependencyTable& table, const Premise& premise) const {
    const std::string name = describer_.PackageName(table.when.value_or(table.dependent));
    std::vector<std::pair<OrdinalSet, const DependencyFact*>> parts;
    OrdinalSet allowed = OrdinalSet::Empty(conflict_.universes.at(table.package).candidates);
    for (const DependencyFact* fact : table.facts) {
      OrdinalSet dependents = fact->dependents & premise.relevant;
      if (!dependents.is_empty()) {
        allowed |= fact->allowed;
        parts.emplace_back(std::move(dependents), fact);
      }
    }
    std::ranges::stable_sort(parts, {}, [](const auto& part) { return part.first.Lowest(); });
    if (parts.size() > 1 && premise.together) {
      return SummaryText(table, premise, name, parts);
    }
    std::vector<std::string> clauses;
    for (const auto& [dependents, fact] : parts) {
      if (clauses.size() <= kListed) {
        clauses.push_back(Clause(SubjectText(table.dependent, dependents, fact->dependents, name)) +
                          ObjectText(*fact));
      }
    }
    if (clauses.size() <= kListed) {
      return JoinText(clauses, " and ") + AbsenceText(table.package, allowed);
    }
    return Clause(SubjectText(table.dependent, premise.relevant, premise.relevant, name)) +
           describer_.PackageName(table.package) +
           (allowed.is_full() ? ", on different versions of it"
                              : SetText(table.package, allowed) + ", each on its own range of it");
  }

  // What the candidates have in common.
  std::string SummaryText(
      const DependencyTable& table, const Premise& premise, const std::string& name,
      const std::vector<std::pair<OrdinalSet, const DependencyFact*>>& parts) const {
    OrdinalSet true_of = OrdinalSet::Empty(premise.relevant.size());
    for (const auto& [candidate, allowed] : table.rows) {
      if (allowed.IsSubsetOf(*premise.together)) {
        true_of.Insert(candidate);
      }
    }
    const std::string clause =
        Clause(SubjectText(table.dependent, premise.relevant, true_of, name));
    // The widest of the ranges, when one contains all others.
    const auto widest = std::ranges::find_if(
        parts, [&](const auto& part) { return part.second->allowed == *premise.together; });
    if (widest != parts.end() && !premise.together->is_empty()) {
      return clause + ObjectText(*widest->second);
    }
    const std::string object = describer_.PackageName(table.package);
    if (!premise.together->is_empty()) {
      return clause + object + SetText(table.package, *premise.together);
    }
    std::vector<std::string> ranges;
    ranges.reserve(parts.size());
    for (const auto& [dependents, fact] : parts) {
      ranges.push_back(ObjectText(*fact));
    }
    return clause + (ranges.size() <= kListed ? JoinText(ranges, " or ") : "ranges of " + object) +
           AbsenceText(table.package, *premise.together);
  }

  static std::string Clause(const Subject& subject) {
    return subject.text + (subject.number == Number::kSingular ? " depends on " : " depend on ");
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
      const auto subject = [&](const OrdinalSet& set) {
        return SubjectText(term.package, set, set, name).text;
      };
      if (term.set.Contains(candidates)) {
        const OrdinalSet rest = term.set.Complement().Resized(candidates);
        needed.push_back(rest.is_full() ? name : subject(rest));
      } else {
        selected.push_back(subject(term.set.Resized(candidates)));
      }
    }
    if (needed.empty()) {
      return selected.size() == 1 ? UnusableText(selected.front())
                                  : JoinText(selected, " and ") + " exclude each other";
    }
    const std::string wish = JoinText(needed, " or ");
    return selected.empty() ? wish + " is needed" : JoinText(selected, " and ") + " needs " + wish;
  }

  const Conflict& conflict_;
  const Describer& describer_;
  Reasoner reasoner_;
  std::set<std::size_t> told_lemmas_;
  std::map<PackageId, std::vector<NamedRange>> named_;
  std::map<PackageId, OrdinalSet> excluded_;  // that were said to be unusable
  std::vector<std::string> reasons_;
  std::vector<ReasonFact> facts_;
};

}  // namespace

std::vector<std::string> Explanation::Sentences() const {
  if (reasons.size() == 1 && conclusion.empty()) {
    return reasons;
  }
  std::vector<std::string> sentences;
  sentences.reserve(reasons.size() + 1);
  for (const std::string& reason : reasons) {
    const bool is_consequence = reason.starts_with("so ");
    sentences.push_back((sentences.empty() ? "because " : is_consequence ? "" : "and ") + reason);
  }
  if (!conclusion.empty()) {
    sentences.push_back(conclusion);
  }
  return sentences;
}

std::string Explanation::ToString() const {
  return JoinText(Sentences(), "\n");
}

Explanation Explain(const Conflict& conflict, const Describer& describer,
                    const ExplainOptions& options) {
  Explanation explanation = Narrator(conflict, describer).Tell();
  if (explanation.reasons.size() > options.max_reasons) {
    const std::size_t cut = explanation.reasons.size() - options.max_reasons;
    explanation.reasons.resize(options.max_reasons);
    explanation.reasons.push_back(std::to_string(cut) + " more reasons of this kind");
  }
  return explanation;
}

}  // namespace flowstone::solve
