// Graph: the steps of a flow as nodes, their `self.next` as edges, and which join closes which
// split. Building never fails: targets that are no step have no edge, and CheckGraph
// (graph_check.h) says what is wrong. The scheduler needs a graph without findings. Every algorithm
// here is linear in nodes and edges; no path is enumerated. Immutable after BuildGraph.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flowstone/flow/description.h"

namespace flowstone::flow {

struct NodeId {
  std::uint32_t value = 0;
  friend auto operator<=>(const NodeId&, const NodeId&) = default;
};

enum class NodeType : std::uint8_t { kStart, kLinear, kSplit, kForeach, kSwitch, kJoin, kEnd };

// Which kind of split a join closes.
enum class JoinKind : std::uint8_t { kNone, kStatic, kForeach };

struct Node {
  std::string name = {};
  // A `start` that splits has the type of its split; a step with an argument is a join.
  NodeType type = NodeType::kLinear;
  std::vector<NodeId> out = {};  // in the order written, once each; a recursive switch has itself
  std::vector<NodeId> in = {};   // in the order of the steps
  JoinKind join = JoinKind::kNone;
  std::optional<NodeId> matching_split = {};  // of a join
  std::optional<NodeId> matching_join = {};   // of a split or foreach
  // Foreach steps around this step whose join has not come yet, outermost first.
  std::vector<NodeId> foreach_nesting = {};
};

// Why open splits and joins do not fit together at a step. `edges` are the parents concerned.
enum class NestingFault : std::uint8_t {
  kJoinsNothing,     // a join outside of every split
  kMissingBranches,  // a join that not all branches of the split reach
  kSameBranchTwice,  // alternatives of one branch meet at a join
  kUnrelatedSplits,  // parents of a join are in different splits
  kBranchesMeet,     // branches of a split meet at a step without `inputs`
  kUnevenDepth,      // parents of a step are inside different splits
  kJoinedTwice,      // switches inside a split lead to different joins
  kSplitNotJoined,   // `end` is reached inside a split
  kSplitIntoJoin,    // a foreach or a split goes straight to the join that would close it
};

struct NestingProblem {
  NestingFault fault = NestingFault::kJoinsNothing;
  NodeId node = {};
  std::optional<NodeId> split = {};  // the split concerned
  std::vector<NodeId> related = {};  // parents, or branches that do not arrive
};

class Graph {
 public:
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(NodeId id) const { return nodes_[id.value]; }
  std::optional<NodeId> Find(std::string_view step) const;
  std::optional<NodeId> start() const { return Find("start"); }
  std::optional<NodeId> end() const { return Find("end"); }

  bool HasSelfLoop(NodeId id) const;
  // The steps that `start` reaches, parents before children; self-loops do not count, and steps on
  // a cycle or behind one are missing.
  const std::vector<NodeId>& topological_order() const { return topological_order_; }
  // Of the steps in topological order. What follows from another problem is left out.
  const std::vector<NestingProblem>& nesting_problems() const { return nesting_problems_; }
  // One flag for each node: the node itself and everything that it leads to.
  std::vector<bool> ReachableFrom(NodeId id) const;

 private:
  friend Graph BuildGraph(const FlowDescription& flow);

  std::vector<Node> nodes_;  // NodeId is the index; in the order of the description
  std::unordered_map<std::string, NodeId> by_name_;
  std::vector<NodeId> topological_order_;
  std::vector<NestingProblem> nesting_problems_;
};

// REQUIRES: step names are unique, as ParseFlowDescription makes sure.
Graph BuildGraph(const FlowDescription& flow);

}  // namespace flowstone::flow
