#include "flowstone/flow/graph.h"

#include <algorithm>

#include "flowstone/base/check.h"
#include "flowstone/flow/split_nesting.h"

namespace flowstone::flow {
namespace {

NodeType TypeOf(const StepDescription& step) {
  if (step.name == "end") {
    return NodeType::kEnd;
  }
  if (!step.arguments.empty()) {
    return NodeType::kJoin;
  }
  switch (step.transition.kind) {
    case TransitionKind::kSplit:
      return NodeType::kSplit;
    case TransitionKind::kForeach:
      return NodeType::kForeach;
    case TransitionKind::kSwitch:
      return NodeType::kSwitch;
    case TransitionKind::kNone:
    case TransitionKind::kLinear:
    case TransitionKind::kInvalid:
      break;
  }
  return step.name == "start" ? NodeType::kStart : NodeType::kLinear;
}

std::vector<bool> Reachable(const std::vector<Node>& nodes, NodeId from) {
  std::vector<bool> reached(nodes.size());
  std::vector<NodeId> pending = {from};
  reached[from.value] = true;
  while (!pending.empty()) {
    const NodeId id = pending.back();
    pending.pop_back();
    for (const NodeId child : nodes[id.value].out) {
      if (!reached[child.value]) {
        reached[child.value] = true;
        pending.push_back(child);
      }
    }
  }
  return reached;
}

// Kahn's algorithm over the steps that `start` reaches.
std::vector<NodeId> TopologicalOrder(const std::vector<Node>& nodes, NodeId start) {
  const std::vector<bool> reached = Reachable(nodes, start);
  std::vector<std::size_t> waiting_for(nodes.size());
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    for (const NodeId child : nodes[i].out) {
      if (reached[i] && child.value != i) {
        ++waiting_for[child.value];
      }
    }
  }
  std::vector<NodeId> order;
  if (waiting_for[start.value] == 0) {
    order.push_back(start);
  }
  for (std::size_t next = 0; next < order.size(); ++next) {
    const NodeId id = order[next];
    for (const NodeId child : nodes[id.value].out) {
      if (child != id && --waiting_for[child.value] == 0) {
        order.push_back(child);
      }
    }
  }
  return order;
}

}  // namespace

std::optional<NodeId> Graph::Find(std::string_view step) const {
  const auto found = by_name_.find(std::string(step));
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

bool Graph::HasSelfLoop(NodeId id) const {
  const std::vector<NodeId>& out = node(id).out;
  return std::find(out.begin(), out.end(), id) != out.end();
}

std::vector<bool> Graph::ReachableFrom(NodeId id) const {
  return Reachable(nodes_, id);
}

Graph BuildGraph(const FlowDescription& flow) {
  Graph graph;
  for (const StepDescription& step : flow.steps) {
    const NodeId id{static_cast<std::uint32_t>(graph.nodes_.size())};
    const bool added = graph.by_name_.emplace(step.name, id).second;
    FLOWSTONE_CHECK(added);
    graph.nodes_.push_back({.name = step.name, .type = TypeOf(step)});
  }
  for (std::uint32_t i = 0; i < flow.steps.size(); ++i) {
    for (const std::string& target : flow.steps[i].transition.next) {
      const std::optional<NodeId> child = graph.Find(target);
      std::vector<NodeId>& out = graph.nodes_[i].out;
      if (child && std::find(out.begin(), out.end(), *child) == out.end()) {
        out.push_back(*child);
        graph.nodes_[child->value].in.push_back(NodeId{i});
      }
    }
  }
  const std::optional<NodeId> start = graph.start();
  if (!start) {
    return graph;
  }
  graph.topological_order_ = TopologicalOrder(graph.nodes_, *start);
  SplitNesting nesting = AnalyseSplitNesting(graph.nodes_, graph.topological_order_);
  graph.nesting_problems_ = std::move(nesting.problems);
  for (std::uint32_t i = 0; i < graph.nodes_.size(); ++i) {
    Node& node = graph.nodes_[i];
    node.matching_split = nesting.matching_split[i];
    node.matching_join = nesting.matching_join[i];
    node.foreach_nesting = std::move(nesting.foreach_nesting[i]);
    if (node.matching_split) {
      const NodeType split = graph.nodes_[node.matching_split->value].type;
      node.join = split == NodeType::kForeach ? JoinKind::kForeach : JoinKind::kStatic;
    }
  }
  return graph;
}

}  // namespace flowstone::flow
