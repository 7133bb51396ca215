// SplitNesting: which splits are open at each step, and so which join closes which split. One pass
// over the steps in topological order: each edge carries a frame, the innermost open branch with a
// link to the frame around it, so that comparing two frames compares whole stacks.
#pragma once

#include <optional>
#include <vector>

#include "flowstone/flow/graph.h"

namespace flowstone::flow {

struct SplitNesting {
  // By node; nothing where a problem makes it unknown.
  std::vector<std::optional<NodeId>> matching_split;
  std::vector<std::optional<NodeId>> matching_join;
  std::vector<std::vector<NodeId>> foreach_nesting;
  std::vector<NestingProblem> problems;
};

// `order`: the steps to look at, parents before children, the first without open splits.
SplitNesting AnalyseSplitNesting(const std::vector<Node>& nodes, const std::vector<NodeId>& order);

}  // namespace flowstone::flow
