#include "flowstone/pypi/marker_diagram.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "flowstone/base/check.h"
#include "flowstone/pypi/marker_evaluation.h"
#include "flowstone/pypi/marker_node.h"
#include "flowstone/pypi/version.h"

namespace flowstone::pypi {
namespace {

// Where a text has its edge, or the first edge that an interval key lies below.
template <class Edges>
auto EdgeAt(Edges& edges, std::string_view label) {
  return std::lower_bound(edges.begin(), edges.end(), label,
                          [](const auto& edge, std::string_view l) { return edge.label < l; });
}

// The edge of the interval that contains a key.
template <class Edges>
auto EdgeAbove(Edges& edges, std::string_view key) {
  return std::upper_bound(edges.begin(), edges.end(), key,
                          [](std::string_view k, const auto& edge) { return k < edge.label; });
}

MarkerEnvironment EnvironmentWith(MarkerVariable variable, const std::string& value) {
  MarkerEnvironment environment;
  switch (variable) {
    case MarkerVariable::kImplementationName:
      environment.implementation_name = value;
      break;
    case MarkerVariable::kImplementationVersion:
      environment.implementation_version = value;
      break;
    case MarkerVariable::kOsName:
      environment.os_name = value;
      break;
    case MarkerVariable::kPlatformMachine:
      environment.platform_machine = value;
      break;
    case MarkerVariable::kPlatformPythonImplementation:
      environment.platform_python_implementation = value;
      break;
    case MarkerVariable::kPlatformRelease:
      environment.platform_release = value;
      break;
    case MarkerVariable::kPlatformSystem:
      environment.platform_system = value;
      break;
    case MarkerVariable::kPlatformVersion:
      environment.platform_version = value;
      break;
    case MarkerVariable::kSysPlatform:
      environment.sys_platform = value;
      break;
    default:
      break;  // `extra` is not of the environment, and Python versions are not assigned
  }
  return environment;
}

bool ComparesTwoVariables(const MarkerFact& fact) {
  return fact.question == MarkerQuestion::kPredicate &&
         std::holds_alternative<MarkerVariable>(fact.comparison.left) &&
         std::holds_alternative<MarkerVariable>(fact.comparison.right);
}

}  // namespace

MarkerAlgebra::MarkerAlgebra(InterpreterPreviews previews) : previews_(previews), nodes_(1) {}

std::uint32_t MarkerAlgebra::FactNumber(const MarkerFact& fact) {
  const auto next = static_cast<std::uint32_t>(facts_.size());
  const auto [entry, is_new] = fact_numbers_.emplace(fact, next);
  if (is_new) {
    facts_.push_back(fact);
  }
  return entry->second;
}

std::uint32_t MarkerAlgebra::FirstFact(MarkerDiagram a, MarkerDiagram b) const {
  if (IsLeaf(a) || IsLeaf(b)) {
    return NodeOf(IsLeaf(a) ? b : a).fact;
  }
  return FactOf(b) < FactOf(a) ? NodeOf(b).fact : NodeOf(a).fact;
}

bool MarkerAlgebra::Asks(MarkerDiagram a, std::uint32_t fact) const {
  return !IsLeaf(a) && NodeOf(a).fact == fact;
}

MarkerDiagram MarkerAlgebra::Make(Node node) {
  const MarkerFact fact = facts_[node.fact];
  if (fact.question == MarkerQuestion::kVersions) {
    MarkerDiagram next = node.otherwise;
    for (auto edge = node.edges.end(); edge != node.edges.begin();) {
      --edge;
      if (edge->child == next) {
        edge = node.edges.erase(edge);
      } else {
        next = edge->child;
      }
    }
  } else {
    std::erase_if(node.edges, [&](const Edge& edge) {
      return edge.child == (fact.question == MarkerQuestion::kValue
                                ? Assign(node.otherwise, fact.variable, edge.label)
                                : node.otherwise);
    });
  }
  if (node.edges.empty()) {
    return node.otherwise;
  }
  const std::uint32_t negation = node.otherwise.id & 1U;
  if (negation != 0) {
    node.otherwise = Not(node.otherwise);
    for (Edge& edge : node.edges) {
      edge.child = Not(edge.child);
    }
  }
  const auto next = static_cast<std::uint32_t>(nodes_.size());
  const auto [entry, is_new] = unique_.emplace(node, next);
  if (is_new) {
    nodes_.push_back(std::move(node));
  }
  return {(entry->second << 1U) | negation};
}

MarkerDiagram MarkerAlgebra::MakePredicate(const MarkerFact& fact) {
  return Make({.fact = FactNumber(fact), .edges = {{"", Always()}}, .otherwise = Never()});
}

MarkerDiagram MarkerAlgebra::MakeValue(MarkerVariable variable, const std::string& value) {
  const MarkerFact fact{.variable = variable, .question = MarkerQuestion::kValue};
  return Make({.fact = FactNumber(fact), .edges = {{value, Always()}}, .otherwise = Never()});
}

MarkerDiagram MarkerAlgebra::MakeVersions(MarkerVariable variable, const VersionSet& versions) {
  const MarkerFact fact{.variable = variable, .question = MarkerQuestion::kVersions};
  Node node{.fact = FactNumber(fact), .edges = {}, .otherwise = Never()};
  const VersionSet interpreters = InterpretersIn(versions, PreviewsOf(variable));
  for (const VersionSet::Interval& interval : interpreters.intervals()) {
    if (!interval.lower.empty()) {
      node.edges.push_back({interval.lower, Never()});
    }
    if (interval.upper.empty()) {
      node.otherwise = Always();
    } else {
      node.edges.push_back({interval.upper, Always()});
    }
  }
  return Make(std::move(node));
}

MarkerDiagram MarkerAlgebra::Of(const Marker& marker) {
  return marker.is_always() ? Always() : OfTree(*marker.tree());
}

MarkerDiagram MarkerAlgebra::OfTree(const MarkerNode& node) {
  if (node.kind == MarkerNodeKind::kComparison) {
    return OfFactForm(MeaningOf(node.comparison));
  }
  const bool is_and = node.kind == MarkerNodeKind::kAnd;
  MarkerDiagram all = is_and ? Always() : Never();
  for (const MarkerTree& child : node.children) {
    const MarkerDiagram part = OfTree(*child);
    all = is_and ? And(all, part) : Or(all, part);
  }
  return all;
}

MarkerDiagram MarkerAlgebra::OfFactForm(const MarkerMeaning& meaning) {
  const MarkerFact is_version{.variable = meaning.variable, .question = MarkerQuestion::kIsVersion};
  const auto in_scope = [&](MarkerDiagram a) {
    const MarkerDiagram said = meaning.negated ? Not(a) : a;
    return meaning.scope == MeaningScope::kEverywhere ? said
                                                      : And(Not(MakePredicate(is_version)), said);
  };
  switch (meaning.kind) {
    case MeaningKind::kConstant:
      return meaning.holds ? Always() : Never();
    case MeaningKind::kIsVersion:
      return in_scope(MakePredicate(is_version));
    case MeaningKind::kValue:
      return in_scope(MakeValue(meaning.variable, meaning.value));
    case MeaningKind::kPredicate:
      return in_scope(MakePredicate({.variable = meaning.variable,
                                     .question = MarkerQuestion::kPredicate,
                                     .comparison = meaning.predicate,
                                     .text = ComparisonText(meaning.predicate)}));
    case MeaningKind::kVersions:
      break;
  }
  const MarkerDiagram versions = MakeVersions(meaning.variable, meaning.versions);
  if (KindOf(meaning.variable) == ValueKind::kVersion) {
    return versions;
  }
  const MarkerDiagram guard = MakePredicate(is_version);
  return Or(And(guard, versions), meaning.holds ? Not(guard) : Never());
}

MarkerDiagram MarkerAlgebra::OfPython(const VersionSet& versions) {
  const VersionSet interpreters = InterpretersIn(versions, InterpreterPreviews::kAsReleases);
  return MakeVersions(MarkerVariable::kPythonFullVersion, interpreters);
}

MarkerDiagram MarkerAlgebra::Assign(MarkerDiagram a, MarkerVariable variable,
                                    const std::string& value) {
  std::map<MarkerDiagram, MarkerDiagram> known;
  return AssignIn(a, variable, value, known);
}

MarkerDiagram MarkerAlgebra::AssignIn(MarkerDiagram a, MarkerVariable variable,
                                      const std::string& value,
                                      std::map<MarkerDiagram, MarkerDiagram>& known) {
  if (IsLeaf(a) || RankOf(FactOf(a).variable) > RankOf(variable)) {
    return a;
  }
  if (const auto found = known.find(a); found != known.end()) {
    return found->second;
  }
  const MarkerFact fact = FactOf(a);
  Node node = NodeOf(a);
  const auto assigned = [&](MarkerDiagram child) {
    return AssignIn(Through(a, child), variable, value, known);
  };
  const bool is_decided = fact.variable == variable && !ComparesTwoVariables(fact);
  MarkerDiagram result;
  if (!is_decided) {
    for (Edge& edge : node.edges) {
      edge.child = assigned(edge.child);
    }
    node.otherwise = assigned(node.otherwise);
    result = Make(std::move(node));
  } else if (fact.question == MarkerQuestion::kValue) {
    const auto edge = EdgeAt(node.edges, value);
    const bool has_edge = edge != node.edges.end() && edge->label == value;
    result = assigned(has_edge ? edge->child : node.otherwise);
  } else if (fact.question == MarkerQuestion::kVersions) {
    const auto edge =
        EdgeAbove(node.edges, InterpreterKey(value, PreviewsOf(variable)).value_or(""));
    result = assigned(edge != node.edges.end() ? edge->child : node.otherwise);
  } else {
    const MarkerEnvironment environment = EnvironmentWith(variable, value);
    const std::string_view extra =
        variable == MarkerVariable::kExtra ? std::string_view(value) : std::string_view();
    const bool holds =
        fact.question == MarkerQuestion::kIsVersion
            ? InterpreterKey(value, PreviewsOf(variable)).has_value()
            : Holds(fact.comparison, MarkerContext{.environment = environment, .extra = extra});
    result = assigned(holds ? node.edges.front().child : node.otherwise);
  }
  return known.emplace(a, result).first->second;
}

MarkerDiagram MarkerAlgebra::Follow(MarkerDiagram a, std::uint32_t fact, std::string_view label) {
  const MarkerFact asked = facts_[fact];
  if (Asks(a, fact)) {
    const Node& node = NodeOf(a);
    const auto edge = EdgeAt(node.edges, label);
    const bool has_edge = edge != node.edges.end() &&
                          (asked.question == MarkerQuestion::kVersions || edge->label == label);
    if (has_edge) {
      return Through(a, edge->child);
    }
    a = Through(a, node.otherwise);
  }
  return asked.question == MarkerQuestion::kValue ? Assign(a, asked.variable, std::string(label))
                                                  : a;
}

template <class Combine>
MarkerDiagram MarkerAlgebra::Expand(MarkerDiagram a, MarkerDiagram b, const Combine& combine) {
  const std::uint32_t fact = FirstFact(a, b);
  std::set<std::string> labels;
  for (const MarkerDiagram side : {a, b}) {
    if (Asks(side, fact)) {
      for (const Edge& edge : NodeOf(side).edges) {
        labels.insert(edge.label);
      }
    }
  }
  const auto last = [&](MarkerDiagram side) {
    return Asks(side, fact) ? Through(side, NodeOf(side).otherwise) : side;
  };
  Node node{.fact = fact, .edges = {}, .otherwise = combine(last(a), last(b))};
  for (const std::string& label : labels) {
    const MarkerDiagram child = combine(Follow(a, fact, label), Follow(b, fact, label));
    node.edges.push_back({label, child});
  }
  return Make(std::move(node));
}

MarkerDiagram MarkerAlgebra::And(MarkerDiagram a, MarkerDiagram b) {
  if (a == b || b == Always()) {
    return a;
  }
  if (a == Always()) {
    return b;
  }
  if (a == Never() || b == Never() || a == Not(b)) {
    return Never();
  }
  const std::pair key(std::min(a.id, b.id), std::max(a.id, b.id));
  if (const auto known = conjunctions_.find(key); known != conjunctions_.end()) {
    return known->second;
  }
  const MarkerDiagram result =
      Expand(a, b, [this](MarkerDiagram x, MarkerDiagram y) { return And(x, y); });
  return conjunctions_.emplace(key, result).first->second;
}

MarkerDiagram MarkerAlgebra::Possible() {
  if (possible_) {
    return *possible_;
  }
  const auto sys_platform = [this](const char* value) {
    return MakeValue(MarkerVariable::kSysPlatform, value);
  };
  MarkerDiagram possible = Always();
  // One fact under two names.
  const auto equate = [&](MarkerDiagram a, MarkerDiagram b) {
    possible = And(possible, And(Or(a, Not(b)), Or(Not(a), b)));
  };
  const std::pair<const char*, const char*> systems[] = {
      {"linux", "Linux"}, {"darwin", "Darwin"}, {"win32", "Windows"}};
  for (const auto& [platform, system] : systems) {
    equate(sys_platform(platform), MakeValue(MarkerVariable::kPlatformSystem, system));
  }
  const std::pair<const char*, const char*> implementations[] = {{"cpython", "CPython"},
                                                                 {"pypy", "PyPy"}};
  for (const auto& [name, spelling] : implementations) {
    equate(MakeValue(MarkerVariable::kImplementationName, name),
           MakeValue(MarkerVariable::kPlatformPythonImplementation, spelling));
  }
  const std::pair<const char*, const char*> excluded[] = {
      {"linux", "nt"}, {"darwin", "nt"}, {"ios", "nt"}, {"win32", "posix"}};
  for (const auto& [platform, os_name] : excluded) {
    const MarkerDiagram b = MakeValue(MarkerVariable::kOsName, os_name);
    possible = And(possible, Not(And(sys_platform(platform), b)));
  }
  possible_ = possible;
  return possible;
}

MarkerDiagram MarkerAlgebra::WithExtra(MarkerDiagram diagram, const ExtraName& extra) {
  return Assign(diagram, MarkerVariable::kExtra, extra.ToString());
}

VersionSet MarkerAlgebra::PythonOf(MarkerDiagram diagram) {
  const MarkerDiagram possible = And(diagram, Possible());
  const MarkerFact python{.variable = MarkerVariable::kPythonFullVersion,
                          .question = MarkerQuestion::kVersions};
  if (IsLeaf(possible) || FactOf(possible) != python) {
    return possible == Never() ? VersionSet::Empty() : VersionSet::Full();
  }
  VersionSet versions;
  std::string lower;
  const auto add = [&](MarkerDiagram child, const std::string& upper) {
    if (Through(possible, child) != Never()) {
      versions = versions.Union(VersionSet::Between(lower, upper));
    }
    lower = upper;
  };
  for (const Edge& edge : NodeOf(possible).edges) {
    add(edge.child, edge.label);
  }
  add(NodeOf(possible).otherwise, "");
  return versions;
}

bool MarkerAlgebra::EvaluateOnce(MarkerDiagram diagram, const MarkerEnvironment& environment,
                                 std::string_view extra, const MarkerSelection& selection) const {
  const MarkerContext context{.environment = environment, .extra = extra, .selection = selection};
  while (!IsLeaf(diagram)) {
    const Node& node = NodeOf(diagram);
    const MarkerFact& fact = FactOf(diagram);
    auto edge = node.edges.end();
    switch (fact.question) {
      case MarkerQuestion::kValue: {
        const std::string value = ValueOf(fact.variable, context);
        edge = EdgeAt(node.edges, value);
        edge = edge != node.edges.end() && edge->label == value ? edge : node.edges.end();
        break;
      }
      case MarkerQuestion::kIsVersion:
        edge = InterpreterKey(ValueOf(fact.variable, context), PreviewsOf(fact.variable))
                   ? node.edges.begin()
                   : node.edges.end();
        break;
      case MarkerQuestion::kVersions:
        edge = EdgeAbove(node.edges,
                         InterpreterKey(ValueOf(fact.variable, context), PreviewsOf(fact.variable))
                             .value_or(""));
        break;
      case MarkerQuestion::kPredicate:
        edge = Holds(fact.comparison, context) ? node.edges.begin() : node.edges.end();
        break;
    }
    diagram = Through(diagram, edge != node.edges.end() ? edge->child : node.otherwise);
  }
  return diagram == Always();
}

bool MarkerAlgebra::Evaluate(MarkerDiagram diagram, const MarkerEnvironment& environment) const {
  return EvaluateOnce(diagram, environment, "", {});
}

bool MarkerAlgebra::Evaluate(MarkerDiagram diagram, const MarkerEnvironment& environment,
                             std::span<const ExtraName> extras) const {
  return EvaluateOnce(diagram, environment, "", {}) ||
         std::any_of(extras.begin(), extras.end(), [&](const ExtraName& extra) {
           return EvaluateOnce(diagram, environment, extra.ToString(), {});
         });
}

bool MarkerAlgebra::Evaluate(MarkerDiagram diagram, const MarkerEnvironment& environment,
                             const MarkerSelection& selection) const {
  return EvaluateOnce(diagram, environment, "", selection);
}

}  // namespace flowstone::pypi
