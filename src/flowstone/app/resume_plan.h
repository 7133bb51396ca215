// What resuming takes over: the tasks of the origin run that succeeded.
#pragma once

#include <string>

#include "flowstone/app/run_flow.h"
#include "flowstone/flow/graph.h"
#include "flowstone/flow/scheduler.h"
#include "flowstone/store/run_store.h"

namespace flowstone::app {

struct OriginRun {
  std::string run;
  flow::ResumePlan plan;
};

// kNotFound when the flow never ran or the run does not exist, kInvalid for a step that the flow
// does not have.
Result<OriginRun> PlanResume(store::RunStore& runs, const flow::FlowDescription& flow,
                             const flow::Graph& graph, const ResumeChoice& choice);

}  // namespace flowstone::app
