// `tag add`, `tag remove`, `tag replace`, `tag list`.
#include <nlohmann/json.hpp>

#include "flowstone/app/project_datastore.h"
#include "flowstone/cli/flow_session.h"

namespace flowstone::cli {
namespace {

Result<store::TagChange> ChangeOf(const FlowSession& session, const std::string& action) {
  store::TagChange change;
  if (action == "replace") {
    change.add = session.arguments.Values("add");
    change.remove = session.arguments.Values("remove");
  } else {
    const auto found = session.arguments.positionals.find("tags");
    const std::vector<std::string> tags =
        found == session.arguments.positionals.end() ? std::vector<std::string>() : found->second;
    (action == "add" ? change.add : change.remove) = tags;
  }
  if (change.add.empty() && change.remove.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "tag " + action + " needs at least one tag"};
  }
  return change;
}

}  // namespace

CommandResult CommandTag(FlowSession& session) {
  const std::string& action = session.arguments.command.back();
  FLOWSTONE_LET(const auto datastore,
                app::ProjectDatastore::Open(session.machine, store::MissingDatastore::kRefuse));
  store::RunStore& runs = datastore->runs();
  store::RunPath run{.flow = session.flow.name, .run = {}};
  if (const auto given = session.arguments.Value("run-id")) {
    run.run = *given;
  } else {
    FLOWSTONE_LET(run.run, runs.LatestRun(session.flow.name));
  }
  FLOWSTONE_LET(const store::RunRecord record, runs.ReadRun(run));
  std::vector<std::string> tags;
  if (action == "list") {
    FLOWSTONE_LET(tags, runs.ReadTags(run));
  } else {
    FLOWSTONE_LET(const store::TagChange change, ChangeOf(session, action));
    FLOWSTONE_LET(tags, runs.ChangeTags(run, change));
  }
  if (session.arguments.Has("json")) {
    session.console.Out(
        nlohmann::json({{"run", run.run}, {"tags", tags}, {"system_tags", record.system_tags}})
            .dump(2) +
        "\n");
    return 0;
  }
  std::string text;
  for (const std::string& tag : tags) {
    text += tag + "\n";
  }
  for (const std::string& tag : record.system_tags) {
    text += action == "list" ? tag + "\n" : "";
  }
  session.console.Out(text);
  return 0;
}

}  // namespace flowstone::cli
