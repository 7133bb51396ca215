// The solver against brute force, on thousands of small random universes: it finds a solution
// exactly when there is one, what it finds is one, and every step of its proofs is sound.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "flowstone/solve/explain.h"
#include "flowstone/solve/scripted_provider.h"
#include "flowstone/solve/solver.h"

namespace flowstone::solve {
namespace {

constexpr std::uint32_t kUniverses = 3000;

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : generator_(seed) {}
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(generator_() % bound);
  }

 private:
  std::mt19937 generator_;
};

constexpr const char* kOperators[] = {"==", ">=", "<", "<=", "!=", ">"};

std::string RandomRange(Dice& dice) {
  if (dice.Below(4) == 0) {
    return "";
  }
  return kOperators[dice.Below(6)] + std::to_string(1 + dice.Below(4));
}

ScriptedProvider RandomUniverse(std::uint32_t seed) {
  Dice dice(seed);
  ScriptedProvider provider;
  const std::uint32_t packages = 2 + dice.Below(4);
  const auto name = [](std::uint32_t i) { return "p" + std::to_string(i); };
  for (std::uint32_t i = 0; i < packages; ++i) {
    provider.Package(name(i), dice.Below(5));
  }
  const auto random_feature = [&](std::uint32_t i) {
    return name(i) + "[x" + std::to_string(dice.Below(2)) + "]";
  };
  for (std::uint32_t i = 0; i < packages; ++i) {
    const std::uint32_t versions = provider.packages()[provider.Id(name(i)).value].versions;
    for (std::uint32_t version = 1; version <= versions; ++version) {
      for (std::uint32_t n = dice.Below(4); n > 0; --n) {
        const std::uint32_t target = dice.Below(packages);
        const std::string when = dice.Below(4) == 0 ? random_feature(i) : "";
        if (dice.Below(5) == 0) {
          provider.Depend(name(i), version, random_feature(target), "", when);
        }
        provider.Depend(name(i), version, name(target), RandomRange(dice), when);
      }
      if (dice.Below(12) == 0) {
        provider.Unusable(name(i), version, "yanked");
      } else if (dice.Below(12) == 0) {
        provider.Alien(name(i), version, "not for this Python");
      } else if (dice.Below(12) == 0) {
        provider.Broken(name(i), version, "broken");
      }
    }
  }
  for (std::uint32_t n = 1 + dice.Below(3); n > 0; --n) {
    const std::uint32_t target = dice.Below(packages);
    provider.Require(name(target), RandomRange(dice));
    if (dice.Below(3) == 0) {
      provider.Require(random_feature(target), "");
    }
  }
  return provider;
}

using Selection = std::vector<std::optional<Ordinal>>;  // by package

bool Holds(ScriptedProvider& provider, const Selection& selection, std::size_t package) {
  const ScriptedProvider::Script& script = provider.packages()[package];
  const Ordinal candidate = *selection[package];
  if (script.unusable.contains(candidate) || script.broken.contains(candidate)) {
    return false;
  }
  const auto dependencies = script.dependencies.find(candidate);
  return dependencies == script.dependencies.end() ||
         std::ranges::all_of(dependencies->second, [&](const Dependency& dependency) {
           if (dependency.when && !selection[dependency.when->value]) {
             return true;
           }
           const std::optional<Ordinal>& target = selection[dependency.package.value];
           return target && provider.Lower(dependency.package, dependency.range).Contains(*target);
         });
}

bool IsSolution(ScriptedProvider& provider, const Selection& selection) {
  for (std::size_t i = 0; i < selection.size(); ++i) {
    if (selection[i] && !Holds(provider, selection, i)) {
      return false;
    }
  }
  return selection[0].has_value();
}

// Selects the features that the selected candidates ask for. More features only restrict more, so
// no other choice of them can help.
void SelectFeatures(const ScriptedProvider& provider, Selection& selection) {
  bool has_grown = true;
  while (has_grown) {
    has_grown = false;
    for (std::size_t i = 0; i < selection.size(); ++i) {
      const auto& dependencies = provider.packages()[i].dependencies;
      if (!selection[i] || !dependencies.contains(*selection[i])) {
        continue;
      }
      for (const Dependency& dependency : dependencies.at(*selection[i])) {
        const bool is_active = !dependency.when || selection[dependency.when->value];
        std::optional<Ordinal>& target = selection[dependency.package.value];
        if (is_active && !target && provider.NameOf(dependency.package).ends_with(']')) {
          target = 0;
          has_grown = true;
        }
      }
    }
  }
}

bool HasSolution(ScriptedProvider& provider, const Selection& selection, std::size_t package) {
  Selection next = selection;
  if (package == selection.size()) {
    SelectFeatures(provider, next);
    return IsSolution(provider, next);
  }
  const ScriptedProvider::Script& script = provider.packages()[package];
  if (package != 0 && HasSolution(provider, next, package + 1)) {
    return true;
  }
  for (Ordinal i = 0; i < script.versions && !script.name.ends_with(']'); ++i) {
    next[package] = i;
    if (HasSolution(provider, next, package + 1)) {
      return true;
    }
  }
  return false;
}

Selection ToSelection(const ScriptedProvider& provider, const Solution& solution) {
  Selection selection(provider.packages().size());
  selection[0] = 0;
  for (const auto& [package, candidate] : solution.selected) {
    selection[package.value] = candidate;
  }
  return selection;
}

bool StatesDependency(ScriptedProvider& provider, Ordinal dependent, const DependencyFact& fact) {
  const auto& dependencies = provider.packages()[fact.dependent.value].dependencies;
  const auto stated = dependencies.find(dependent);
  return stated != dependencies.end() &&
         std::ranges::any_of(stated->second, [&](const Dependency& dependency) {
           return dependency.package == fact.package && dependency.when == fact.when &&
                  provider.Lower(dependency.package, dependency.range) == fact.allowed;
         });
}

// Whether the universe says what the reason says.
bool IsTrue(ScriptedProvider& provider, const ReasonFact& reason) {
  if (const auto* fact = std::get_if<DependencyFact>(&reason)) {
    for (Ordinal i = 0; i < fact->dependents.size(); ++i) {
      if (fact->dependents.Contains(i) && !StatesDependency(provider, i, *fact)) {
        return false;
      }
    }
    return true;
  }
  const auto& fact = std::get<UnusableFact>(reason);
  const ScriptedProvider::Script& script = provider.packages()[fact.package.value];
  for (Ordinal i = 0; i < fact.candidates.size(); ++i) {
    if (fact.candidates.Contains(i) && !script.unusable.contains(i) && !script.broken.contains(i)) {
      return false;
    }
  }
  return true;
}

bool Permits(const ReasonFact& reason, const Selection& selection) {
  if (const auto* fact = std::get_if<DependencyFact>(&reason)) {
    const std::optional<Ordinal>& dependent = selection[fact->dependent.value];
    const bool is_active = dependent && fact->dependents.Contains(*dependent) &&
                           (!fact->when || selection[fact->when->value]);
    const std::optional<Ordinal>& target = selection[fact->package.value];
    return !is_active || (target && fact->allowed.Contains(*target));
  }
  const auto& fact = std::get<UnusableFact>(reason);
  const std::optional<Ordinal>& candidate = selection[fact.package.value];
  return !candidate || !fact.candidates.Contains(*candidate);
}

// Whether any selection with the root agrees with all reasons. Packages that no reason mentions do
// not matter.
bool LeavesSolution(const ScriptedProvider& provider, const std::vector<ReasonFact>& reasons,
                    const std::vector<std::size_t>& mentioned, Selection& selection,
                    std::size_t next) {
  if (next == mentioned.size()) {
    return std::ranges::all_of(reasons, [&](const ReasonFact& r) { return Permits(r, selection); });
  }
  const std::size_t package = mentioned[next];
  selection[package].reset();
  if (LeavesSolution(provider, reasons, mentioned, selection, next + 1)) {
    return true;
  }
  for (Ordinal i = 0; i < provider.packages()[package].versions; ++i) {
    selection[package] = i;
    if (LeavesSolution(provider, reasons, mentioned, selection, next + 1)) {
      return true;
    }
  }
  selection[package].reset();
  return false;
}

std::vector<std::size_t> Mentioned(const std::vector<ReasonFact>& reasons) {
  std::set<std::size_t> packages;
  for (const ReasonFact& reason : reasons) {
    if (const auto* fact = std::get_if<DependencyFact>(&reason)) {
      packages.insert({fact->dependent.value, fact->package.value});
      if (fact->when) {
        packages.insert(fact->when->value);
      }
    } else {
      packages.insert(std::get<UnusableFact>(reason).package.value);
    }
  }
  packages.erase(0);
  return {packages.begin(), packages.end()};
}

// The reasons begin with what was asked for, each of them is true, and they suffice.
void CheckExplanation(ScriptedProvider& provider, const Conflict& conflict) {
  const Explanation explanation = Explain(conflict, provider, {.max_reasons = 1000});
  ASSERT_FALSE(explanation.reasons.empty());
  EXPECT_TRUE(std::ranges::any_of(explanation.reasons, [](const std::string& reason) {
    return reason.starts_with("the project requires");
  }));
  for (const ReasonFact& reason : explanation.facts) {
    EXPECT_TRUE(IsTrue(provider, reason)) << explanation.ToString();
  }
  Selection selection(provider.packages().size());
  selection[0] = 0;
  EXPECT_FALSE(
      LeavesSolution(provider, explanation.facts, Mentioned(explanation.facts), selection, 0))
      << "these reasons do not suffice:\n"
      << explanation.ToString();
}

TEST(SolverOracle, AgreesWithBruteForce) {
  std::uint32_t solvable = 0;
  for (std::uint32_t seed = 1; seed <= kUniverses; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ScriptedProvider provider = RandomUniverse(seed);
    const Result<Outcome> outcome = Solve(provider, provider.root());
    ASSERT_TRUE(outcome);
    if (const auto* solution = std::get_if<Solution>(&*outcome)) {
      ++solvable;
      EXPECT_TRUE(IsSolution(provider, ToSelection(provider, *solution)));
    } else {
      ASSERT_TRUE(std::holds_alternative<Conflict>(*outcome));
      EXPECT_FALSE(HasSolution(provider, Selection(provider.packages().size()), 0));
      CheckExplanation(provider, std::get<Conflict>(*outcome));
    }
    if (HasFailure()) {
      break;
    }
  }
  // Both kinds must be common, or the comparison says little.
  EXPECT_GT(solvable, kUniverses / 5);
  EXPECT_LT(solvable, kUniverses * 4 / 5);
}

TEST(SolverOracle, SelectsNothingThatIsNotNeeded) {
  for (std::uint32_t seed = 1; seed <= kUniverses / 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ScriptedProvider provider = RandomUniverse(seed);
    const Result<Outcome> outcome = Solve(provider, provider.root());
    ASSERT_TRUE(outcome);
    if (const auto* solution = std::get_if<Solution>(&*outcome)) {
      const Selection selection = ToSelection(provider, *solution);
      std::set<std::uint32_t> needed;
      const std::function<void(std::uint32_t)> visit = [&](std::uint32_t package) {
        if (!needed.insert(package).second) {
          return;
        }
        // A feature has no dependencies of its own: those of its package depend on it.
        for (std::uint32_t i = 0; i < selection.size(); ++i) {
          const auto& dependencies = provider.packages()[i].dependencies;
          if (!needed.contains(i) || !selection[i] || !dependencies.contains(*selection[i])) {
            continue;
          }
          for (const Dependency& dependency : dependencies.at(*selection[i])) {
            if (!dependency.when || needed.contains(dependency.when->value)) {
              visit(dependency.package.value);
            }
          }
        }
      };
      visit(0);
      EXPECT_EQ(needed.size(), solution->selected.size() + 1);
    }
  }
}

TEST(SolverOracle, RepeatsItself) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    ScriptedProvider once = RandomUniverse(seed);
    ScriptedProvider again = RandomUniverse(seed);
    EXPECT_EQ(once.SolveToText(), again.SolveToText()) << "seed " << seed;
  }
}

TEST(SolverOracle, ProofsAreInOrderAndEndInTheContradiction) {
  for (std::uint32_t seed = 1; seed <= kUniverses / 4; ++seed) {
    ScriptedProvider provider = RandomUniverse(seed);
    const Result<Outcome> outcome = Solve(provider, provider.root());
    ASSERT_TRUE(outcome);
    if (const auto* conflict = std::get_if<Conflict>(&*outcome)) {
      ASSERT_FALSE(conflict->proof.empty());
      for (std::size_t i = 0; i < conflict->proof.size(); ++i) {
        if (const auto* conclusion = std::get_if<Conclusion>(&conflict->proof[i])) {
          EXPECT_LT(conclusion->first, i);
          EXPECT_LT(conclusion->second, i);
        }
      }
      const auto* last = std::get_if<Conclusion>(&conflict->proof.back());
      EXPECT_TRUE(last == nullptr || last->terms.empty());
    }
  }
}

}  // namespace
}  // namespace flowstone::solve
