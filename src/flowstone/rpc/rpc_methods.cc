#include "flowstone/rpc/rpc_methods.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "flowstone/archive/tar_writer.h"
#include "flowstone/bundle/code_package.h"
#include "flowstone/bundle/package_info.h"
#include "flowstone/store/run_store.h"

namespace flowstone::rpc {
namespace {

using nlohmann::json;

// What a method works with. Text(…) is checked before, so that methods read without repeating it.
struct Call {
  app::ProjectDatastore& datastore;
  const json& request;

  store::RunStore& runs() const { return datastore.runs(); }
  std::string Text(const char* key) const { return request.at(key).get<std::string>(); }
  store::RunPath Run() const { return {.flow = Text("flow"), .run = Text("run")}; }
  store::TaskPath Task() const { return {Text("flow"), Text("run"), Text("step"), Text("task")}; }
};

json ParseRecord(const std::string& text) {
  return json::parse(text, nullptr, false);
}

Answer Fields(const json& fields) {
  return {.fields = fields.dump(-1, ' ', false, json::error_handler_t::replace)};
}

Answer Content(std::string content) {
  const std::size_t size = content.size();
  return {.fields = json({{"size", size}}).dump(),
          .content = std::move(content),
          .kind = Answer::Kind::kContent};
}

Result<json> RunJson(store::RunStore& runs, const store::RunPath& path) {
  FLOWSTONE_LET(const store::RunRecord record, runs.ReadRun(path));
  FLOWSTONE_LET(const auto end, runs.ReadEnd(path));
  FLOWSTONE_LET(const std::vector<std::string> tags, runs.ReadTags(path));
  return json({{"record", ParseRecord(record.ToJson())},
               {"end", end ? ParseRecord(end->ToJson()) : json()},
               {"tags", tags}});
}

Result<json> TaskJson(store::RunStore& runs, const store::TaskPath& path) {
  FLOWSTONE_LET(const store::TaskRecord record, runs.ReadTask(path));
  FLOWSTONE_LET(const std::vector<std::int64_t> numbers, runs.ListAttempts(path));
  json attempts = json::array();
  for (const std::int64_t number : numbers) {
    FLOWSTONE_LET(const store::AttemptRecord attempt, runs.ReadAttempt(path, number));
    attempts.push_back(ParseRecord(attempt.ToJson()));
  }
  return json({{"record", ParseRecord(record.ToJson())}, {"attempts", std::move(attempts)}});
}

// One page of a list that is newest first: `after` and `limit` of the request.
std::vector<std::string> Page(std::vector<std::string> ids, const json& request) {
  if (const auto after = request.find("after"); after != request.end() && after->is_string()) {
    const auto found = std::find(ids.begin(), ids.end(), after->get<std::string>());
    ids.erase(ids.begin(), found == ids.end() ? ids.end() : found + 1);
  }
  if (const auto limit = request.find("limit");
      limit != request.end() && limit->is_number_unsigned()) {
    ids.resize(std::min(ids.size(), limit->get<std::size_t>()));
  }
  return ids;
}

bool CarriesTags(const json& run, const json& wanted) {
  for (const json& tag : wanted) {
    const json& user = run.at("tags");
    const json& system = run.at("record").at("system_tags");
    if (std::find(user.begin(), user.end(), tag) == user.end() &&
        std::find(system.begin(), system.end(), tag) == system.end()) {
      return false;
    }
  }
  return true;
}

Result<Answer> ListFlows(const Call& call) {
  FLOWSTONE_LET(const std::vector<std::string> flows, call.runs().ListFlows());
  return Fields({{"flows", flows}});
}

Result<Answer> ListRuns(const Call& call) {
  const std::string flow = call.Text("flow");
  FLOWSTONE_LET(const std::vector<std::string> ids, call.runs().ListRuns(flow));
  if (ids.empty()) {
    return Error{.code = ErrorCode::kNotFound, .message = "flow '" + flow + "' has no runs"};
  }
  const auto tags = call.request.find("tags");
  const json wanted = tags != call.request.end() && tags->is_array() ? *tags : json::array();
  json without_limit = call.request;
  without_limit.erase("limit");
  std::size_t limit = ids.size();
  if (const auto given = call.request.find("limit");
      given != call.request.end() && given->is_number_unsigned()) {
    limit = given->get<std::size_t>();
  }
  json runs = json::array();
  for (const std::string& id : Page(ids, without_limit)) {
    if (runs.size() >= limit) {
      break;
    }
    FLOWSTONE_LET(json run, RunJson(call.runs(), {.flow = flow, .run = id}));
    if (CarriesTags(run, wanted)) {
      runs.push_back(std::move(run));
    }
  }
  return Fields({{"runs", std::move(runs)}});
}

Result<Answer> GetRun(const Call& call) {
  FLOWSTONE_LET(json run, RunJson(call.runs(), call.Run()));
  return Fields({{"run", std::move(run)}});
}

// Newest first, by the creation of a step's first task.
Result<Answer> ListSteps(const Call& call) {
  const store::RunPath run = call.Run();
  FLOWSTONE_TRY(call.runs().ReadRun(run));
  FLOWSTONE_LET(const std::vector<std::string> names, call.runs().ListSteps(run));
  std::vector<std::tuple<std::int64_t, std::uint64_t, std::string>> steps;
  for (const std::string& name : names) {
    FLOWSTONE_LET(const std::vector<std::string> tasks, call.runs().ListTasks(run, name));
    if (tasks.empty()) {
      continue;
    }
    FLOWSTONE_LET(const store::TaskRecord first,
                  call.runs().ReadTask({run.flow, run.run, name, tasks.front()}));
    steps.emplace_back(first.created_ms, std::stoull("0" + first.task), name);
  }
  std::sort(steps.rbegin(), steps.rend());
  json list = json::array();
  for (const auto& [created_ms, task, name] : steps) {
    list.push_back({{"name", name}, {"created_ms", created_ms}});
  }
  return Fields({{"steps", std::move(list)}});
}

Result<Answer> ListTasks(const Call& call) {
  const store::RunPath run = call.Run();
  const std::string step = call.Text("step");
  FLOWSTONE_LET(std::vector<std::string> ids, call.runs().ListTasks(run, step));
  if (ids.empty()) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "run " + run.ToString() + " has no step '" + step + "'"};
  }
  std::reverse(ids.begin(), ids.end());
  json tasks = json::array();
  for (const std::string& id : Page(std::move(ids), call.request)) {
    FLOWSTONE_LET(json task, TaskJson(call.runs(), {run.flow, run.run, step, id}));
    tasks.push_back(std::move(task));
  }
  return Fields({{"tasks", std::move(tasks)}});
}

Result<Answer> GetTask(const Call& call) {
  FLOWSTONE_LET(json task, TaskJson(call.runs(), call.Task()));
  return Fields({{"task", std::move(task)}});
}

Result<Answer> GetLog(const Call& call) {
  const bool is_stdout = call.Text("stream") == "stdout";
  FLOWSTONE_LET(std::string log,
                call.runs().ReadLog(call.Task(), call.request.at("attempt").get<std::int64_t>(),
                                    is_stdout ? store::LogStream::kStandardOutput
                                              : store::LogStream::kStandardError));
  return Content(std::move(log));
}

Result<Answer> GetBlob(const Call& call) {
  FLOWSTONE_LET(const Digest sha256, Digest::Parse(call.Text("sha256")));
  FLOWSTONE_LET(std::string blob, call.datastore.datastore().GetBlob(sha256));
  return Content(std::move(blob));
}

Result<Answer> GetLock(const Call& call) {
  FLOWSTONE_LET(const Digest sha256, Digest::Parse(call.Text("sha256")));
  FLOWSTONE_LET(std::string text,
                call.datastore.datastore().GetContent(store::ContentFamily::kLock, sha256));
  return Content(std::move(text));
}

Result<bundle::StoredCodePackage> LoadCode(const Call& call) {
  FLOWSTONE_LET(const Digest sha256, Digest::Parse(call.Text("sha256")));
  return bundle::StoredCodePackage::Load(call.datastore.datastore(), sha256);
}

Result<Answer> ListCode(const Call& call) {
  FLOWSTONE_LET(const bundle::StoredCodePackage package, LoadCode(call));
  json files = json::array();
  for (const bundle::TreeEntry& entry : package.manifest().entries()) {
    files.push_back({{"path", entry.path},
                     {"size", entry.size},
                     {"sha256", entry.sha256.ToString()},
                     {"executable", entry.mode == bundle::FileMode::kExecutable}});
  }
  return Fields({{"files", std::move(files)}});
}

Result<Answer> GetCodeFile(const Call& call) {
  FLOWSTONE_LET(bundle::StoredCodePackage package, LoadCode(call));
  FLOWSTONE_LET(std::string content, package.ReadFile(call.Text("path")));
  return Content(std::move(content));
}

// The user's files only: neither the SDK nor what describes the package.
Result<Answer> GetCodeTar(const Call& call) {
  FLOWSTONE_LET(bundle::StoredCodePackage package, LoadCode(call));
  std::string bytes;
  archive::TarWriter tar(archive::AppendTo(bytes));
  for (const bundle::TreeEntry& entry : package.manifest().entries()) {
    if (entry.path.starts_with(std::string(bundle::kPackageSdkPath) + "/") ||
        entry.path.starts_with(".fs_meta/")) {
      continue;
    }
    FLOWSTONE_LET(const std::string content, package.ReadFile(entry.path));
    FLOWSTONE_TRY(tar.AddFile(entry.path, content,
                              entry.mode == bundle::FileMode::kExecutable
                                  ? archive::TarFileMode::kExecutable
                                  : archive::TarFileMode::kRegular));
  }
  FLOWSTONE_TRY(tar.Finish());
  return Content(std::move(bytes));
}

Result<Answer> SetTags(const Call& call) {
  store::TagChange change;
  change.add = call.request.value("add", std::vector<std::string>());
  change.remove = call.request.value("remove", std::vector<std::string>());
  FLOWSTONE_LET(const std::vector<std::string> tags, call.runs().ChangeTags(call.Run(), change));
  return Fields({{"tags", tags}});
}

struct Method {
  std::string_view name;
  std::vector<const char*> texts;  // keys that must be strings
  Result<Answer> (*call)(const Call&);
};

const std::vector<Method>& Methods() {
  static const std::vector<Method> methods = {
      {"list_flows", {}, ListFlows},
      {"list_runs", {"flow"}, ListRuns},
      {"get_run", {"flow", "run"}, GetRun},
      {"list_steps", {"flow", "run"}, ListSteps},
      {"list_tasks", {"flow", "run", "step"}, ListTasks},
      {"get_task", {"flow", "run", "step", "task"}, GetTask},
      {"get_log", {"flow", "run", "step", "task", "stream"}, GetLog},
      {"get_blob", {"sha256"}, GetBlob},
      {"get_lock", {"sha256"}, GetLock},
      {"list_code", {"sha256"}, ListCode},
      {"get_code_file", {"sha256", "path"}, GetCodeFile},
      {"get_code_tar", {"sha256"}, GetCodeTar},
      {"set_tags", {"flow", "run"}, SetTags},
  };
  return methods;
}

Error Invalid(const std::string& message) {
  return Error{.code = ErrorCode::kInvalid, .message = message};
}

}  // namespace

Result<Answer> RpcMethods::Call(const std::string& method, const json& request) {
  const auto& methods = Methods();
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const Method& known) { return known.name == method; });
  if (found == methods.end()) {
    return Invalid("unknown method '" + method + "'");
  }
  for (const char* key : found->texts) {
    if (!request.contains(key) || !request.at(key).is_string()) {
      return Invalid("the method '" + method + "' needs the text '" + key + "'");
    }
  }
  if (method == "get_log" &&
      !(request.contains("attempt") && request["attempt"].is_number_integer())) {
    return Invalid("the method 'get_log' needs the number 'attempt'");
  }
  if (datastore_ == nullptr) {
    if (method == "list_flows") {
      return Fields({{"flows", json::array()}});
    }
    return Error{.code = ErrorCode::kNotFound, .message = "there is no datastore here"};
  }
  try {
    return found->call({.datastore = *datastore_, .request = request});
  } catch (const json::exception& error) {
    return Invalid("the request of '" + method + "' is malformed: " + error.what());
  }
}

}  // namespace flowstone::rpc
