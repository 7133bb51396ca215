// CheckGraph: everything that is wrong with a flow's structure, found before anything runs. The
// rules are Metaflow's; each finding names the step and the line, and says what to do about it.
// Findings that follow from others are left out: splits and joins are looked at only when every
// `self.next` is understood and there is no cycle.
#pragma once

#include <string>
#include <vector>

#include "flowstone/flow/description.h"
#include "flowstone/flow/graph.h"

namespace flowstone::flow {

struct Finding {
  std::string step = {};  // empty when the flow as a whole is meant
  std::string file = {};
  int line = 0;
  std::string message = {};  // one sentence, lower case, no period
  std::string hint = {};     // may be empty
};

// "hello.py:12: step 'a': message" and, on a second line, "hint: …".
std::string ToString(const Finding& finding);

// Step by step, then cycles, then splits; empty when the flow can run.
std::vector<Finding> CheckGraph(const FlowDescription& flow, const Graph& graph);

}  // namespace flowstone::flow
