// `logs`: what tasks printed, as the bytes they printed.
#include "flowstone/app/project_datastore.h"
#include "flowstone/cli/flow_session.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/cli/task_selection.h"

namespace flowstone::cli {
namespace {

Result<std::int64_t> AttemptOf(FlowSession& session, store::RunStore& runs,
                               const store::TaskPath& task) {
  FLOWSTONE_LET(const std::vector<std::int64_t> attempts, runs.ListAttempts(task));
  if (attempts.empty()) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "task " + task.ToString() + " has not finished an attempt yet"};
  }
  return NumberOf(session.arguments, "attempt", attempts.back(), 0);
}

}  // namespace

CommandResult CommandLogs(FlowSession& session) {
  const auto found = session.arguments.positionals.find("pathspec");
  std::vector<std::string> words =
      found == session.arguments.positionals.end() ? std::vector<std::string>() : found->second;
  if (!words.empty() && words.front() == "show") {  // Metaflow's `logs show PATHSPEC`
    words.erase(words.begin());
  }
  if (words.size() != 1) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "logs needs one RUN/STEP or RUN/STEP/TASK"};
  }
  FLOWSTONE_LET(const auto datastore,
                app::ProjectDatastore::Open(session.machine, store::MissingDatastore::kRefuse));
  store::RunStore& runs = datastore->runs();
  FLOWSTONE_LET(const auto tasks, SelectTasks(runs, session.flow.name, words.front()));
  const ParsedArguments& arguments = session.arguments;
  const bool all = arguments.Has("both") || (!arguments.Has("stdout") && !arguments.Has("stderr"));
  for (const store::TaskPath& task : tasks) {
    FLOWSTONE_LET(const std::int64_t attempt, AttemptOf(session, runs, task));
    if (all || arguments.Has("stdout")) {
      FLOWSTONE_LET(const std::string text,
                    runs.ReadLog(task, attempt, store::LogStream::kStandardOutput));
      session.console.Out(text);
    }
    if (all || arguments.Has("stderr")) {
      FLOWSTONE_LET(const std::string text,
                    runs.ReadLog(task, attempt, store::LogStream::kStandardError));
      session.console.Out(text);
    }
  }
  return 0;
}

}  // namespace flowstone::cli
