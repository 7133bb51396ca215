// The command line of a flow: `python flow.py ARGUMENT…`, which is `flowstone flow.py ARGUMENT…`.
#pragma once

#include <string>
#include <vector>

#include "flowstone/app/machine.h"
#include "flowstone/cli/argument_parser.h"
#include "flowstone/cli/console.h"
#include "flowstone/flow/description.h"

namespace flowstone::cli {

// The commands of this flow, its parameters among the options of `run`.
CommandSpec FlowCommandSpec(const flow::FlowDescription& flow);

// Parses and runs; returns the exit status of the process.
int RunFlowCommandLine(const app::Machine& machine, const flow::FlowDescription& flow,
                       const std::vector<std::string>& arguments, Console& console);

}  // namespace flowstone::cli
