// FlowSession: what a command of a flow works with. One per process, made by RunFlowCommandLine.
#pragma once

#include <string>
#include <vector>

#include "flowstone/app/machine.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/argument_parser.h"
#include "flowstone/cli/console.h"
#include "flowstone/cli/run_console.h"
#include "flowstone/flow/description.h"

namespace flowstone::cli {

struct FlowSession {
  const app::Machine& machine;
  const flow::FlowDescription& flow;
  const ParsedArguments& arguments;
  const std::vector<std::string>& typed;  // the arguments as they were typed
  Console& console;
  Verbosity verbosity = Verbosity::kNormal;
};

// The exit status of a command; an Error is printed and becomes status 1, or 2 when the input was
// wrong (kInvalid).
using CommandResult = Result<int>;

CommandResult CommandRun(FlowSession& session);
CommandResult CommandResume(FlowSession& session);
CommandResult CommandCheck(FlowSession& session);
CommandResult CommandShow(FlowSession& session);
CommandResult CommandLogs(FlowSession& session);
CommandResult CommandDump(FlowSession& session);
CommandResult CommandTag(FlowSession& session);
CommandResult CommandPackageList(FlowSession& session);
CommandResult CommandPackageInfo(FlowSession& session);
CommandResult CommandPackageSave(FlowSession& session);
CommandResult CommandEnvironmentLock(FlowSession& session);
CommandResult CommandEnvironmentShow(FlowSession& session);
CommandResult CommandEnvironmentDiff(FlowSession& session);

}  // namespace flowstone::cli
