// `dump`: the artifacts of tasks. They are Python objects, so the launching interpreter prints
// them: this command checks the arguments and hands over to `python -m flowstone.dump`.
#include <nlohmann/json.hpp>

#include <csignal>

#include "flowstone/app/project_datastore.h"
#include "flowstone/cli/flow_session.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/cli/task_selection.h"
#include "flowstone/os/path.h"

namespace flowstone::cli {
namespace {

nlohmann::json OrderFor(const FlowSession& session, const std::vector<store::TaskPath>& tasks,
                        std::int64_t max_value_size) {
  const ParsedArguments& arguments = session.arguments;
  nlohmann::json order = {{"private", arguments.Has("private")},
                          {"include", arguments.Value("include").value_or("")},
                          {"max_value_size", max_value_size},
                          {"file", nullptr},
                          {"tasks", nlohmann::json::array()}};
  if (const auto file = arguments.Value("file")) {
    order["file"] = os::AbsolutePath(session.machine.working_directory, *file);
  }
  for (const store::TaskPath& task : tasks) {
    order["tasks"].push_back(task.ToString());
  }
  return order;
}

}  // namespace

CommandResult CommandDump(FlowSession& session) {
  const auto found = session.arguments.positionals.find("pathspec");
  if (found == session.arguments.positionals.end() || found->second.size() != 1) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "dump needs one RUN/STEP or RUN/STEP/TASK"};
  }
  FLOWSTONE_LET(const std::int64_t max_value_size,
                NumberOf(session.arguments, "max-value-size", 1000, 0));
  FLOWSTONE_LET(const auto datastore,
                app::ProjectDatastore::Open(session.machine, store::MissingDatastore::kRefuse));
  FLOWSTONE_LET(const auto tasks,
                SelectTasks(datastore->runs(), session.flow.name, found->second.front()));
  const std::string script =
      "import sys; sys.path.insert(0, sys.argv[1]); from flowstone.dump import main; "
      "main(sys.argv[2])";
  os::ProcessSpec python{
      .arguments = {session.flow.python.executable, "-c", script, session.flow.sdk.root,
                    OrderFor(session, tasks, max_value_size).dump()},
      .environment = session.machine.environment.ToMap(),
      .directory = session.machine.working_directory,
      .descriptors = {{.parent_fd = 1, .child_fd = 1}, {.parent_fd = 2, .child_fd = 2}}};
  python.environment["FLOWSTONE_DATASTORE"] = datastore->directory();
  FLOWSTONE_LET(const auto process, session.machine.processes.Start(python));
  FLOWSTONE_LET(const os::ExitStatus status, process->Wait());
  return status.ok() ? 0 : 1;
}

}  // namespace flowstone::cli
