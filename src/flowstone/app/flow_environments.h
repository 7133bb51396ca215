// FlowEnvironments: the environments of all steps of a flow, each distinct wish prepared once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/environment_wish.h"
#include "flowstone/exec/run_context.h"
#include "flowstone/flow/description.h"
#include "flowstone/store/run_records.h"

namespace flowstone::app {

struct StepEnvironment {
  LockedEnvironment locked;
  install::Environment environment;
};

struct FlowEnvironments {
  std::vector<StepEnvironment> distinct;
  std::map<std::string, std::optional<std::size_t>> by_step;  // index into `distinct`
  std::size_t resolved = 0;                                   // how many of them had to be resolved
  std::size_t built = 0;                                      // and built

  const StepEnvironment* Of(const std::string& step) const;
};

// Locks and prepares what the wishes ask for. A lock file beside the flow comes first, unless the
// service is told to upgrade; a stale one is refused. An error names the step.
Result<FlowEnvironments> PrepareEnvironments(
    EnvironmentService& service, const Machine& machine, const flow::FlowDescription& flow,
    const std::map<std::string, std::optional<EnvironmentWish>>& wishes);

// What records say of the environment of a step; nothing for the launching interpreter.
std::optional<store::EnvironmentReference> ReferenceOf(const StepEnvironment* environment);

// Where the tasks of a step run: its environment, or the launching interpreter with what it sees.
exec::PythonEnvironment PythonEnvironmentOf(const flow::FlowDescription& flow,
                                            const StepEnvironment* environment,
                                            const Machine& machine);

}  // namespace flowstone::app
