// MarkerAlgebra::Simplify: where the assumption fails, a diagram may answer anything, so branches
// that the assumption excludes are given the answer of their neighbours and disappear.
#include <map>
#include <utility>
#include <vector>

#include "flowstone/pypi/marker_diagram.h"

namespace flowstone::pypi {

MarkerDiagram MarkerAlgebra::Simplify(MarkerDiagram diagram, MarkerDiagram assumption) {
  Memo known;
  return assumption == Never() ? diagram : SimplifyIn(diagram, assumption, known);
}

// REQUIRES: the assumption can hold.
MarkerDiagram MarkerAlgebra::SimplifyIn(MarkerDiagram a, MarkerDiagram assumption, Memo& known) {
  if (IsLeaf(a) || assumption == Always()) {
    return a;
  }
  if (a == assumption || a == Not(assumption)) {
    return a == assumption ? Always() : Never();
  }
  const std::pair key(a.id, assumption.id);
  if (const auto found = known.find(key); found != known.end()) {
    return found->second;
  }
  const std::uint32_t fact = FirstFact(a, assumption);
  MarkerDiagram result;
  if (!Asks(a, fact)) {
    // Nothing above `a` depends on this fact: assume what holds for any answer to it.
    const Node node = NodeOf(assumption);
    MarkerDiagram any = Through(assumption, node.otherwise);
    for (const Edge& edge : node.edges) {
      any = Or(any, Through(assumption, edge.child));
    }
    result = SimplifyIn(a, any, known);
  } else {
    result = SimplifyAt(a, assumption, fact, known);
  }
  return known.emplace(key, result).first->second;
}

MarkerDiagram MarkerAlgebra::SimplifyAt(MarkerDiagram a, MarkerDiagram assumption,
                                        std::uint32_t fact, Memo& known) {
  const bool is_shared = Asks(assumption, fact);
  std::map<std::string, std::optional<MarkerDiagram>> answers;  // nothing: it does not matter
  const auto answer = [&](MarkerDiagram child, MarkerDiagram assumed) {
    return assumed == Never() ? std::nullopt : std::optional(SimplifyIn(child, assumed, known));
  };
  std::vector<std::string> labels;
  for (const MarkerDiagram side : {a, assumption}) {
    if (Asks(side, fact)) {
      for (const Edge& edge : NodeOf(side).edges) {
        labels.push_back(edge.label);
      }
    }
  }
  for (const std::string& label : labels) {
    const MarkerDiagram child = Follow(a, fact, label);
    answers[label] = answer(child, Follow(assumption, fact, label));
  }
  const MarkerDiagram last_assumed =
      is_shared ? Through(assumption, NodeOf(assumption).otherwise) : assumption;
  std::optional<MarkerDiagram> last = answer(Through(a, NodeOf(a).otherwise), last_assumed);
  return FillAnswers(fact, answers, last);
}

MarkerDiagram MarkerAlgebra::FillAnswers(
    std::uint32_t fact, const std::map<std::string, std::optional<MarkerDiagram>>& answers,
    std::optional<MarkerDiagram> last) {
  const bool is_interval = facts_[fact].question == MarkerQuestion::kVersions;
  if (!last) {
    // Some answer matters, or the assumption could not hold.
    for (const auto& [label, child] : answers) {
      const bool is_better = !last || is_interval || child == Never();
      last = child && is_better ? child : last;
    }
  }
  Node node{.fact = fact, .edges = {}, .otherwise = *last};
  std::optional<MarkerDiagram> before;
  for (const auto& [label, child] : answers) {
    if (child || before) {
      node.edges.push_back({label, child ? *child : *before});
    }
    before = is_interval && child ? child : before;
  }
  return Make(std::move(node));
}

}  // namespace flowstone::pypi
