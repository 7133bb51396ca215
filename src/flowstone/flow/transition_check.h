// Whether the `self.next(…)` that a step called is the one the graph has. The graph was read from
// the source; a step that does something else (a self.next inside an `if`, a stale clone) would
// leave joins waiting for ever.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flowstone/flow/graph.h"
#include "flowstone/flow/task.h"

namespace flowstone::flow {

// Why the task that `result` is of cannot be followed, as one sentence; nothing when it can.
std::optional<std::string> TransitionComplaint(const Graph& graph, NodeId id,
                                               const std::optional<Transition>& transition,
                                               std::uint64_t max_num_splits);

}  // namespace flowstone::flow
