#include "flowstone/flow/split_nesting.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

namespace flowstone::flow {
namespace {

// One open branch of one split, inside the frame `parent`. Frame 0 is outside of every split.
struct Frame {
  std::uint32_t parent = 0;
  NodeId split;
  std::uint32_t branch = 0;
};

constexpr std::uint32_t kOutermost = 0;

struct IncomingEdge {
  NodeId from;
  std::uint32_t frame = kOutermost;
};

bool OpensSplit(const Node& node) {
  return node.type == NodeType::kSplit || node.type == NodeType::kForeach;
}

class Analysis {
 public:
  Analysis(const std::vector<Node>& nodes, const std::vector<NodeId>& order)
      : nodes_(nodes), order_(order), visited_(nodes.size()), frame_of_(nodes.size()) {
    result_.matching_split.resize(nodes.size());
    result_.matching_join.resize(nodes.size());
    result_.foreach_nesting.resize(nodes.size());
    frames_.emplace_back();
  }

  SplitNesting Run() && {
    for (const NodeId id : order_) {
      Visit(id);
      visited_[id.value] = true;
    }
    return std::move(result_);
  }

 private:
  const Node& node(NodeId id) const { return nodes_[id.value]; }

  void Visit(NodeId id) {
    std::vector<IncomingEdge> edges;
    for (const NodeId parent : node(id).in) {
      if (parent == id || !visited_[parent.value]) {
        continue;  // a self-loop, or a parent that no run reaches
      }
      if (!frame_of_[parent.value]) {
        return;  // unknown behind a problem
      }
      edges.push_back({.from = parent, .frame = FrameOfEdge(parent, id)});
    }
    frame_of_[id.value] =
        node(id).type != NodeType::kJoin ? FrameBetween(id, edges) : CloseSplit(id, edges);
    if (frame_of_[id.value]) {
      CheckEnd(id, *frame_of_[id.value]);
      result_.foreach_nesting[id.value] = ForeachesAround(*frame_of_[id.value]);
    }
  }

  std::uint32_t FrameOfEdge(NodeId from, NodeId to) {
    const Node& parent = node(from);
    const std::uint32_t around = *frame_of_[from.value];
    if (!OpensSplit(parent)) {
      return around;
    }
    const auto position = std::find(parent.out.begin(), parent.out.end(), to);
    return Intern({.parent = around,
                   .split = from,
                   .branch = static_cast<std::uint32_t>(position - parent.out.begin())});
  }

  std::uint32_t Intern(const Frame& frame) {
    const auto next = static_cast<std::uint32_t>(frames_.size());
    const auto [entry, added] =
        interned_.try_emplace({frame.parent, frame.split.value, frame.branch}, next);
    if (added) {
      frames_.push_back(frame);
    }
    return entry->second;
  }

  // Of a step that is no join: all its parents are inside the same branches.
  std::optional<std::uint32_t> FrameBetween(NodeId id, const std::vector<IncomingEdge>& edges) {
    if (edges.empty()) {
      return kOutermost;
    }
    const std::uint32_t first = edges.front().frame;
    for (const IncomingEdge& edge : edges) {
      if (edge.frame != first) {
        const bool siblings = AreSiblings(first, edge.frame);
        Report(siblings ? NestingFault::kBranchesMeet : NestingFault::kUnevenDepth, id,
               siblings ? std::optional(frames_[first].split) : std::nullopt, Parents(edges));
        return std::nullopt;
      }
    }
    return first;
  }

  bool AreSiblings(std::uint32_t a, std::uint32_t b) const {
    return a != kOutermost && b != kOutermost && frames_[a].parent == frames_[b].parent &&
           frames_[a].split == frames_[b].split;
  }

  // Of a join: the frame around the split that it closes.
  std::optional<std::uint32_t> CloseSplit(NodeId id, const std::vector<IncomingEdge>& edges) {
    const bool outside = std::all_of(edges.begin(), edges.end(), [](const IncomingEdge& edge) {
      return edge.frame == kOutermost;
    });
    if (outside) {
      Report(NestingFault::kJoinsNothing, id, std::nullopt, Parents(edges));
      return std::nullopt;
    }
    const std::uint32_t first = edges.front().frame;
    for (const IncomingEdge& edge : edges) {
      if (!AreSiblings(first, edge.frame)) {
        Report(NestingFault::kUnrelatedSplits, id, std::nullopt, Parents(edges));
        return std::nullopt;
      }
    }
    const NodeId split = frames_[first].split;
    if (!CheckBranches(id, split, edges)) {
      return std::nullopt;
    }
    result_.matching_split[id.value] = split;
    result_.matching_join[split.value] = id;
    return frames_[first].parent;
  }

  bool CheckBranches(NodeId join, NodeId split, const std::vector<IncomingEdge>& edges) {
    std::set<std::uint32_t> arrived;
    for (const IncomingEdge& edge : edges) {
      if (edge.from == split) {
        Report(NestingFault::kSplitIntoJoin, join, split, {split});
        return false;
      }
      if (!arrived.insert(frames_[edge.frame].branch).second) {
        Report(NestingFault::kSameBranchTwice, join, split, Parents(edges));
        return false;
      }
    }
    std::vector<NodeId> missing;
    for (std::uint32_t branch = 0; branch < node(split).out.size(); ++branch) {
      if (!arrived.contains(branch)) {
        missing.push_back(node(split).out[branch]);
      }
    }
    if (!missing.empty()) {
      Report(NestingFault::kMissingBranches, join, split, std::move(missing));
      return false;
    }
    if (const std::optional<NodeId> other = result_.matching_join[split.value]; other) {
      Report(NestingFault::kJoinedTwice, join, split, {*other});
      return false;
    }
    return true;
  }

  void CheckEnd(NodeId id, std::uint32_t frame) {
    if (node(id).type == NodeType::kEnd && frame != kOutermost) {
      Report(NestingFault::kSplitNotJoined, id, frames_[frame].split, {});
    }
  }

  std::vector<NodeId> ForeachesAround(std::uint32_t frame) const {
    std::vector<NodeId> foreaches;
    for (; frame != kOutermost; frame = frames_[frame].parent) {
      if (node(frames_[frame].split).type == NodeType::kForeach) {
        foreaches.push_back(frames_[frame].split);
      }
    }
    std::reverse(foreaches.begin(), foreaches.end());
    return foreaches;
  }

  static std::vector<NodeId> Parents(const std::vector<IncomingEdge>& edges) {
    std::vector<NodeId> parents;
    parents.reserve(edges.size());
    for (const IncomingEdge& edge : edges) {
      parents.push_back(edge.from);
    }
    return parents;
  }

  void Report(NestingFault fault, NodeId id, std::optional<NodeId> split,
              std::vector<NodeId> related) {
    result_.problems.push_back(
        {.fault = fault, .node = id, .split = split, .related = std::move(related)});
  }

  const std::vector<Node>& nodes_;
  const std::vector<NodeId>& order_;
  std::vector<bool> visited_;
  std::vector<std::optional<std::uint32_t>> frame_of_;  // by node
  std::vector<Frame> frames_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint32_t> interned_;
  SplitNesting result_;
};

}  // namespace

SplitNesting AnalyseSplitNesting(const std::vector<Node>& nodes, const std::vector<NodeId>& order) {
  return Analysis(nodes, order).Run();
}

}  // namespace flowstone::flow
