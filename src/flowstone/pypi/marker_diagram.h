// MarkerAlgebra: computing with markers. Whether two markers can hold at once, whether one implies
// the other, what is left of one under an assumption: universal resolution asks such questions
// thousands of times.
//
// A marker becomes a reduced ordered decision diagram: a directed acyclic graph whose nodes ask for
// one fact each, always in the same order (the Python version first, then the implementation, the
// platform, extras and groups), and share equal parts. Two markers that mean the same are the same
// diagram, so comparing is comparing two numbers. What a node asks is one of
//
//   an interval   of python_full_version (python_version is asked there too), and of
//                 implementation_version and platform_release where those are versions;
//   a value       of every other variable, by equality;
//   a predicate   true or false: `in`, comparisons of two variables, members of `extras`.
//
// A predicate is evaluated where the value is known and taken as independent where it is not, so
// "can both hold" errs on the side of yes; nothing else is approximate. Interpreters have no
// post-releases and no local label: a build between releases ("3.13.0+") is asked like 3.13.0 where
// a text stands on the left ('3.13' <= python_full_version).
//
// The answers of And, Or and Not are pure logic. What is known of platforms and implementations
// (sys_platform "win32" is platform_system "Windows", "cpython" is "CPython") is the diagram
// Possible(), and the questions named Is… and Implies take it into account. Diagrams are numbers
// that mean something to the algebra that made them. Not thread-safe.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_environment.h"
#include "flowstone/pypi/marker_fact.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version_set.h"

namespace flowstone::pypi {

// A node and whether it is negated (the lowest bit).
struct MarkerDiagram {
  std::uint32_t id = 0;

  friend auto operator<=>(const MarkerDiagram&, const MarkerDiagram&) = default;
};

class MarkerAlgebra {
 public:
  explicit MarkerAlgebra(InterpreterPreviews previews = InterpreterPreviews::kApart);

  static constexpr MarkerDiagram Always() { return {0}; }
  static constexpr MarkerDiagram Never() { return {1}; }

  MarkerDiagram Of(const Marker& marker);
  // The interpreters in a set of versions, as `Requires-Python` means it: a preview of a release
  // counts as the release.
  MarkerDiagram OfPython(const VersionSet& versions);

  MarkerDiagram And(MarkerDiagram a, MarkerDiagram b);
  MarkerDiagram Or(MarkerDiagram a, MarkerDiagram b) { return Not(And(Not(a), Not(b))); }
  static MarkerDiagram Not(MarkerDiagram a) { return {a.id ^ 1U}; }

  // The platforms that there are, as far as is known.
  MarkerDiagram Possible();
  bool IsImpossible(MarkerDiagram a) { return AreDisjoint(a, Always()); }
  bool IsCertain(MarkerDiagram a) { return IsImpossible(Not(a)); }
  bool AreDisjoint(MarkerDiagram a, MarkerDiagram b) {
    return And(And(a, b), Possible()) == Never();
  }
  bool Implies(MarkerDiagram a, MarkerDiagram b) { return AreDisjoint(a, Not(b)); }
  bool AreEquivalent(MarkerDiagram a, MarkerDiagram b) { return Implies(a, b) && Implies(b, a); }

  // The same answers as Marker::Evaluate.
  bool Evaluate(MarkerDiagram diagram, const MarkerEnvironment& environment) const;
  bool Evaluate(MarkerDiagram diagram, const MarkerEnvironment& environment,
                std::span<const ExtraName> extras) const;
  bool Evaluate(MarkerDiagram diagram, const MarkerEnvironment& environment,
                const MarkerSelection& selection) const;

  // A smaller diagram that equals `diagram` wherever `assumption` holds.
  MarkerDiagram Simplify(MarkerDiagram diagram, MarkerDiagram assumption);
  // What is left when `extra` is known; an empty name: without any.
  MarkerDiagram WithExtra(MarkerDiagram diagram, const ExtraName& extra);
  // The Python versions with which it can hold.
  VersionSet PythonOf(MarkerDiagram diagram);

  // One way of writing each diagram: alternatives of conditions, none of which can be left out.
  // Parsed again, it is the same diagram; only a comparison that the grammar cannot negate
  // (`===`, `~=`, versions with local labels; of a version on the left also `<` and `>` when it is
  // no final one) may become the opposite operator.
  Marker ToMarker(MarkerDiagram diagram);

  // How many nodes there are.
  std::size_t size() const { return nodes_.size(); }

 private:
  friend class DiagramWriter;

  // Where to go for one answer. `label`: of a version, the key at which the next interval starts;
  // of a text, the value; of a predicate, empty: it holds.
  struct Edge {
    std::string label;
    MarkerDiagram child;

    friend auto operator<=>(const Edge&, const Edge&) = default;
  };
  // Invariants: `otherwise` is not negated; no edge can be left out; labels are sorted.
  struct Node {
    std::uint32_t fact = 0;  // in facts_
    std::vector<Edge> edges = {};
    MarkerDiagram otherwise = {};  // the last interval, any other value, it does not hold

    friend auto operator<=>(const Node&, const Node&) = default;
  };
  struct PairHash {
    std::size_t operator()(const std::pair<std::uint32_t, std::uint32_t>& pair) const noexcept {
      return std::hash<std::uint64_t>()((std::uint64_t{pair.first} << 32U) | pair.second);
    }
  };
  using Memo = std::unordered_map<std::pair<std::uint32_t, std::uint32_t>, MarkerDiagram, PairHash>;
  // Combines two diagrams that are known at the same fact.
  template <class Combine>
  MarkerDiagram Expand(MarkerDiagram a, MarkerDiagram b, const Combine& combine);

  static bool IsLeaf(MarkerDiagram a) { return a.id < 2; }
  const Node& NodeOf(MarkerDiagram a) const { return nodes_[a.id >> 1U]; }
  const MarkerFact& FactOf(MarkerDiagram a) const { return facts_[NodeOf(a).fact]; }
  // The child with the negation of its parent.
  static MarkerDiagram Through(MarkerDiagram parent, MarkerDiagram child) {
    return {child.id ^ (parent.id & 1U)};
  }
  // Only interpreters have previews.
  InterpreterPreviews PreviewsOf(MarkerVariable variable) const {
    return variable == MarkerVariable::kPythonFullVersion ? previews_ : InterpreterPreviews::kApart;
  }
  std::uint32_t FactNumber(const MarkerFact& fact);
  // The fact that is asked first in either; one of them is no leaf.
  std::uint32_t FirstFact(MarkerDiagram a, MarkerDiagram b) const;
  bool Asks(MarkerDiagram a, std::uint32_t fact) const;

  // Reduced and shared.
  MarkerDiagram Make(Node node);
  MarkerDiagram MakePredicate(const MarkerFact& fact);
  MarkerDiagram MakeValue(MarkerVariable variable, const std::string& value);
  MarkerDiagram MakeVersions(MarkerVariable variable, const VersionSet& versions);
  MarkerDiagram OfTree(const MarkerNode& node);
  MarkerDiagram OfFactForm(const MarkerMeaning& meaning);

  // What is left of `a` when the variable, which no node above has asked about, has the value.
  MarkerDiagram Assign(MarkerDiagram a, MarkerVariable variable, const std::string& value);
  MarkerDiagram AssignIn(MarkerDiagram a, MarkerVariable variable, const std::string& value,
                         std::map<MarkerDiagram, MarkerDiagram>& known);
  MarkerDiagram Follow(MarkerDiagram a, std::uint32_t fact, std::string_view label);
  MarkerDiagram SimplifyIn(MarkerDiagram a, MarkerDiagram assumption, Memo& known);
  MarkerDiagram SimplifyAt(MarkerDiagram a, MarkerDiagram assumption, std::uint32_t fact,
                           Memo& known);
  // The node of these answers by label, those that do not matter given those of neighbours.
  MarkerDiagram FillAnswers(std::uint32_t fact,
                            const std::map<std::string, std::optional<MarkerDiagram>>& answers,
                            std::optional<MarkerDiagram> last);
  bool EvaluateOnce(MarkerDiagram diagram, const MarkerEnvironment& environment,
                    std::string_view extra, const MarkerSelection& selection) const;

  const InterpreterPreviews previews_;
  std::vector<MarkerFact> facts_;
  std::map<MarkerFact, std::uint32_t> fact_numbers_;
  std::vector<Node> nodes_;  // the first is the leaf
  std::map<Node, std::uint32_t> unique_;
  Memo conjunctions_;
  std::optional<MarkerDiagram> possible_;
};

}  // namespace flowstone::pypi
