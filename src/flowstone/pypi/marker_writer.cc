// MarkerAlgebra::ToMarker: a diagram as alternatives of conditions. Every path to "always" is an
// alternative; conditions that the rest makes superfluous and alternatives that others cover are
// left out, each check being a question to the algebra.
#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/marker_evaluation.h"
#include "flowstone/pypi/marker_node.h"
#include "flowstone/pypi/version_key.h"
#include "flowstone/pypi/version_parts.h"

namespace flowstone::pypi {
namespace {

constexpr const char* kNeverText = "python_version < \"0\"";
// Differs, as a text on the left, from everything but versions (marker_fact.cc).
constexpr const char* kNoVersionText = "\"?\" != ";
constexpr const char* kAnyVersionText = " >= \"0.dev0\"";

std::string Quoted(std::string_view text) {
  const char quote = text.find('"') == std::string_view::npos ? '"' : '\'';
  return quote + std::string(text) + quote;
}

std::string VariableText(MarkerVariable variable) {
  return std::string(MarkerVariableText(variable));
}

// The operators that say the opposite, where the grammar has one.
MarkerOperator OppositeOf(MarkerOperator op) {
  switch (op) {
    case MarkerOperator::kIn:
      return MarkerOperator::kNotIn;
    case MarkerOperator::kNotIn:
      return MarkerOperator::kIn;
    case MarkerOperator::kNotEqual:
      return MarkerOperator::kEqual;
    case MarkerOperator::kLess:
      return MarkerOperator::kGreaterEqual;
    case MarkerOperator::kGreaterEqual:
      return MarkerOperator::kLess;
    case MarkerOperator::kGreater:
      return MarkerOperator::kLessEqual;
    case MarkerOperator::kLessEqual:
      return MarkerOperator::kGreater;
    default:
      return MarkerOperator::kNotEqual;
  }
}

// "3.8" for the key of 3.8.dev0 and for that of 3.8.post0.dev0, as `suffix` says.
std::optional<std::string> WithoutSuffix(const std::string& version, std::string_view suffix) {
  if (!version.ends_with(suffix)) {
    return std::nullopt;
  }
  return version.substr(0, version.size() - suffix.size());
}

// "3.8" and "3.8.0" but not "3.8.1"; "3" is written "3.0".
std::optional<std::string> MinorText(const std::string& release) {
  const auto dots = std::count(release.begin(), release.end(), '.');
  const bool is_release = std::all_of(release.begin(), release.end(),
                                      [](char c) { return IsAsciiDigit(c) || c == '.'; });
  if (!is_release || dots > 1) {
    return std::nullopt;
  }
  return dots == 0 ? release + ".0" : release;
}

}  // namespace

class DiagramWriter {
 public:
  DiagramWriter(MarkerAlgebra& algebra, MarkerDiagram diagram)
      : algebra_(algebra), diagram_(diagram) {}

  std::string Write() {
    if (diagram_ == MarkerAlgebra::Never()) {
      return kNeverText;
    }
    Condition start;
    Collect(diagram_, start);
    std::vector<Condition> kept;
    for (Condition& condition : conditions_) {
      Shorten(condition);
      const bool is_new = std::ranges::none_of(
          kept, [&](const Condition& other) { return DiagramOf(other) == DiagramOf(condition); });
      if (is_new) {
        kept.push_back(std::move(condition));
      }
    }
    LeaveOutCovered(kept);
    std::vector<std::string> alternatives;
    alternatives.reserve(kept.size());
    for (const Condition& condition : kept) {
      alternatives.push_back(TextOf(condition));
    }
    return JoinText(alternatives, " or ");
  }

 private:
  struct Literal {
    std::string text;
    MarkerDiagram diagram;
    // Of the bound of an interval: which interval it belongs to.
    std::optional<std::size_t> interval = {};
  };
  using Condition = std::vector<Literal>;  // all of them
  struct Interval {
    MarkerVariable variable;
    VersionSet::Interval keys;
  };

  Literal Say(const std::string& text) {
    const Result<Marker> marker = Marker::Parse(text, MarkerVariables::kLockFile);
    FLOWSTONE_CHECK(marker.has_value());
    return {text, algebra_.Of(*marker)};
  }

  // The first of the texts that says exactly what is wanted.
  std::optional<Literal> SayOneOf(const std::vector<std::string>& texts, MarkerDiagram wanted) {
    for (const std::string& text : texts) {
      const Result<Marker> marker = Marker::Parse(text, MarkerVariables::kLockFile);
      if (marker && algebra_.Of(*marker) == wanted) {
        return Literal{text, wanted};
      }
    }
    return std::nullopt;
  }

  void Collect(MarkerDiagram a, Condition& path) {
    if (a == MarkerAlgebra::Never()) {
      return;
    }
    if (a == MarkerAlgebra::Always()) {
      conditions_.push_back(path);
      return;
    }
    switch (algebra_.FactOf(a).question) {
      case MarkerQuestion::kValue:
        return CollectValues(a, path);
      case MarkerQuestion::kVersions:
        return CollectVersions(a, path);
      case MarkerQuestion::kIsVersion:
      case MarkerQuestion::kPredicate:
        return CollectAnswers(a, path);
    }
  }

  void Descend(MarkerDiagram child, std::vector<Literal> literals, Condition& path) {
    const std::size_t size = path.size();
    path.insert(path.end(), literals.begin(), literals.end());
    Collect(child, path);
    path.resize(size);
  }

  void CollectValues(MarkerDiagram a, Condition& path) {
    const MarkerAlgebra::Node node = algebra_.NodeOf(a);
    const std::string variable = VariableText(algebra_.FactOf(a).variable);
    std::vector<Literal> others;
    for (const MarkerAlgebra::Edge& edge : node.edges) {
      Descend(MarkerAlgebra::Through(a, edge.child), {Say(variable + " == " + Quoted(edge.label))},
              path);
      others.push_back(Say(variable + " != " + Quoted(edge.label)));
    }
    Descend(MarkerAlgebra::Through(a, node.otherwise), std::move(others), path);
  }

  void CollectAnswers(MarkerDiagram a, Condition& path) {
    const MarkerAlgebra::Node node = algebra_.NodeOf(a);
    const MarkerFact fact = algebra_.FactOf(a);
    std::string yes = VariableText(fact.variable) + kAnyVersionText;
    std::string no = kNoVersionText + VariableText(fact.variable);
    if (fact.question == MarkerQuestion::kPredicate) {
      MarkerComparison opposite = fact.comparison;
      opposite.op = OppositeOf(opposite.op);
      yes = fact.text;
      no = ComparisonText(opposite);
    }
    Descend(MarkerAlgebra::Through(a, node.edges.front().child), {Say(yes)}, path);
    Descend(MarkerAlgebra::Through(a, node.otherwise), {Say(no)}, path);
  }

  void CollectVersions(MarkerDiagram a, Condition& path) {
    const MarkerAlgebra::Node node = algebra_.NodeOf(a);
    const MarkerVariable variable = algebra_.FactOf(a).variable;
    std::vector<std::pair<MarkerDiagram, std::vector<VersionSet::Interval>>> by_child;
    std::string lower;
    const auto add = [&](MarkerDiagram child, const std::string& upper) {
      auto found =
          std::ranges::find(by_child, child, [](const auto& entry) { return entry.first; });
      if (found == by_child.end()) {
        found = by_child.emplace(by_child.end(), child, std::vector<VersionSet::Interval>());
      }
      found->second.push_back({lower, upper});
      lower = upper;
    };
    for (const MarkerAlgebra::Edge& edge : node.edges) {
      add(edge.child, edge.label);
    }
    add(node.otherwise, "");
    for (const auto& [child, intervals] : by_child) {
      if (MarkerAlgebra::Through(a, child) == MarkerAlgebra::Never()) {
        continue;
      }
      for (std::vector<Literal>& literals : LiteralsOf(variable, intervals)) {
        Descend(MarkerAlgebra::Through(a, child), std::move(literals), path);
      }
    }
  }

  // One alternative with holes when every hole is one "!=", one per interval otherwise.
  std::vector<std::vector<Literal>> LiteralsOf(MarkerVariable variable,
                                               const std::vector<VersionSet::Interval>& intervals) {
    std::vector<Literal> holes;
    for (std::size_t i = 1; i < intervals.size(); ++i) {
      const VersionSet::Interval hole{intervals[i - 1].upper, intervals[i].lower};
      if (const auto literal = SayOneOf(EqualityTexts(variable, hole.lower, "!="),
                                        MarkerAlgebra::Not(DiagramOf(variable, hole)))) {
        holes.push_back(*literal);
      }
    }
    const bool has_holes_only = holes.size() + 1 == intervals.size();
    std::vector<std::vector<Literal>> alternatives;
    if (has_holes_only) {
      alternatives.push_back(BoundsOf(variable, {intervals.front().lower, intervals.back().upper}));
      alternatives.back().insert(alternatives.back().end(), holes.begin(), holes.end());
      return alternatives;
    }
    alternatives.reserve(intervals.size());
    for (const VersionSet::Interval& interval : intervals) {
      alternatives.push_back(BoundsOf(variable, interval));
    }
    return alternatives;
  }

  std::vector<Literal> BoundsOf(MarkerVariable variable, const VersionSet::Interval& interval) {
    std::vector<Literal> literals;
    const std::size_t number = intervals_.size();
    intervals_.push_back({variable, interval});
    if (!interval.lower.empty()) {
      const auto literal =
          SayOneOf(LowerTexts(variable, interval.lower), DiagramOf(variable, {interval.lower, ""}));
      FLOWSTONE_CHECK(literal.has_value());
      literals.push_back(*literal);
    }
    if (!interval.upper.empty()) {
      const MarkerDiagram below = DiagramOf(variable, {"", interval.upper});
      if (const auto literal = SayOneOf(UpperTexts(variable, interval.upper), below)) {
        literals.push_back(*literal);
      } else {
        // No operator ends directly below a final release: its pre-releases go with it.
        const std::string operand = Quoted(DecodeKey(interval.upper).version);
        literals.push_back(Say(VariableText(variable) + " <= " + operand));
        literals.push_back(Say(VariableText(variable) + " != " + operand));
      }
    }
    for (Literal& literal : literals) {
      literal.interval = number;
    }
    return literals;
  }

  // What the interval of a variable is as a marker.
  MarkerDiagram DiagramOf(MarkerVariable variable, const VersionSet::Interval& interval) {
    return algebra_.OfFactForm({.kind = MeaningKind::kVersions,
                                .variable = variable,
                                .versions = VersionSet::Between(interval.lower, interval.upper)});
  }

  static std::vector<std::string> LowerTexts(MarkerVariable variable, const std::string& key) {
    const std::string version = DecodeKey(key).version;
    const std::string name = VariableText(variable);
    std::vector<std::string> texts;
    if (const auto above = WithoutSuffix(version, ".post0.dev0")) {
      texts.push_back(name + " > " + Quoted(*above));
    } else if (const auto release = WithoutSuffix(version, ".dev0")) {
      if (const auto minor = MinorText(*release);
          minor && variable == MarkerVariable::kPythonFullVersion) {
        texts.push_back("python_version >= " + Quoted(*minor));
      }
      texts.push_back(name + " >= " + Quoted(*release));
    }
    texts.push_back(name + " >= " + Quoted(version));
    return texts;
  }

  static std::vector<std::string> UpperTexts(MarkerVariable variable, const std::string& key) {
    const std::string version = DecodeKey(key).version;
    const std::string name = VariableText(variable);
    std::vector<std::string> texts;
    if (const auto last = WithoutSuffix(version, ".post0.dev0")) {
      texts.push_back(name + " <= " + Quoted(*last));
    } else if (const auto release = WithoutSuffix(version, ".dev0")) {
      if (const auto minor = MinorText(*release);
          minor && variable == MarkerVariable::kPythonFullVersion) {
        texts.push_back("python_version < " + Quoted(*minor));
      }
      texts.push_back(name + " < " + Quoted(*release));
    }
    texts.push_back(name + " < " + Quoted(version));
    return texts;
  }

  // Ways to name an interval that starts at `lower` by one version.
  static std::vector<std::string> EqualityTexts(MarkerVariable variable, const std::string& lower,
                                                const std::string& op) {
    if (lower.empty()) {
      return {};
    }
    const std::string version = DecodeKey(lower).version;
    const std::string name = VariableText(variable);
    std::vector<std::string> texts;
    if (const auto release = WithoutSuffix(version, ".dev0")) {
      if (const auto minor = MinorText(*release);
          minor && variable == MarkerVariable::kPythonFullVersion) {
        texts.push_back("python_version " + op + " " + Quoted(*minor));
      }
      texts.push_back(name + " " + op + " " + Quoted(*release));
      texts.push_back(name + " " + op + " " + Quoted(*release + ".*"));
    }
    texts.push_back(name + " " + op + " " + Quoted(version));
    return texts;
  }

  MarkerDiagram DiagramOf(const Condition& condition) {
    MarkerDiagram all = MarkerAlgebra::Always();
    for (const Literal& literal : condition) {
      all = algebra_.And(all, literal.diagram);
    }
    return all;
  }

  bool ImpliesWhole(MarkerDiagram a) {
    return algebra_.And(a, MarkerAlgebra::Not(diagram_)) == MarkerAlgebra::Never();
  }

  // Leaves out what the whole does not need: its answer is yes without it too.
  void Shorten(Condition& condition) {
    for (std::size_t i = 0; i < condition.size();) {
      Condition shorter = condition;
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
      if (ImpliesWhole(DiagramOf(shorter))) {
        condition = std::move(shorter);
      } else {
        ++i;
      }
    }
  }

  void LeaveOutCovered(std::vector<Condition>& conditions) {
    for (std::size_t i = conditions.size(); i > 0; --i) {
      MarkerDiagram others = MarkerAlgebra::Never();
      for (std::size_t j = 0; j < conditions.size(); ++j) {
        others = j == i - 1 ? others : algebra_.Or(others, DiagramOf(conditions[j]));
      }
      const MarkerDiagram here = DiagramOf(conditions[i - 1]);
      if (algebra_.And(here, MarkerAlgebra::Not(others)) == MarkerAlgebra::Never()) {
        conditions.erase(conditions.begin() + static_cast<std::ptrdiff_t>(i - 1));
      }
    }
  }

  // Two bounds that enclose one version are written "==".
  std::string TextOf(const Condition& condition) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < condition.size(); ++i) {
      const Literal& literal = condition[i];
      const bool has_pair = literal.interval && i + 1 < condition.size() &&
                            condition[i + 1].interval == literal.interval;
      if (has_pair) {
        const Interval& interval = intervals_[*literal.interval];
        const auto equality = SayOneOf(EqualityTexts(interval.variable, interval.keys.lower, "=="),
                                       DiagramOf(interval.variable, interval.keys));
        const bool is_whole =
            i + 2 >= condition.size() || condition[i + 2].interval != literal.interval;
        if (equality && is_whole) {
          texts.push_back(equality->text);
          ++i;
          continue;
        }
      }
      texts.push_back(literal.text);
    }
    return JoinText(texts, " and ");
  }

  MarkerAlgebra& algebra_;
  const MarkerDiagram diagram_;
  std::vector<Condition> conditions_;
  std::vector<Interval> intervals_;
};

Marker MarkerAlgebra::ToMarker(MarkerDiagram diagram) {
  const std::string text = diagram == Always() ? "" : DiagramWriter(*this, diagram).Write();
  if (text.empty()) {
    return {};
  }
  Result<Marker> marker = Marker::Parse(text, MarkerVariables::kLockFile);
  FLOWSTONE_CHECK(marker.has_value());
  return *std::move(marker);
}

}  // namespace flowstone::pypi
