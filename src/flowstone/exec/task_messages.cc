#include "flowstone/exec/task_messages.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <utility>

namespace flowstone::exec {
namespace {

using flow::JsonObject;
using Json = nlohmann::json;

OutgoingFrame HeaderOnly(const Json& header) {
  // Names of the operating system may not be UTF-8; a header has to be.
  return {.header = header.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

Json ToJson(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json();
}

Json ToJson(const flow::ArtifactMap& artifacts) {
  Json object = Json::object();
  for (const auto& [name, reference] : artifacts) {
    object[name] = {{"sha256", reference.sha256.ToString()},
                    {"size", reference.size},
                    {"type", reference.type},
                    {"encoding", reference.encoding}};
  }
  return object;
}

Json ToJson(const std::vector<flow::ForeachFrame>& stack) {
  Json list = Json::array();
  for (const flow::ForeachFrame& frame : stack) {
    list.push_back({{"step", frame.step},
                    {"variable", frame.variable},
                    {"num_splits", frame.num_splits},
                    {"index", frame.index},
                    {"value", frame.value}});
  }
  return list;
}

Json ToJson(const std::vector<flow::TaskInput>& inputs) {
  Json list = Json::array();
  for (const flow::TaskInput& input : inputs) {
    list.push_back({{"step", input.step},
                    {"task_id", input.task.ToString()},
                    {"artifacts", ToJson(*input.artifacts)},
                    {"foreach_stack", ToJson(input.foreach_stack)}});
  }
  return list;
}

const char* KindName(flow::TaskKind kind) {
  switch (kind) {
    case flow::TaskKind::kStep:
      return "step";
    case flow::TaskKind::kParameters:
      return "parameters";
    case flow::TaskKind::kFallback:
      return "fallback";
  }
  FLOWSTONE_CHECK(false);
}

Json JoinName(flow::JoinKind join) {
  switch (join) {
    case flow::JoinKind::kNone:
      return nullptr;
    case flow::JoinKind::kStatic:
      return "static";
    case flow::JoinKind::kForeach:
      return "foreach";
  }
  FLOWSTONE_CHECK(false);
}

Json RunFields(const RunContext& run) {
  return {{"flow", run.flow_name},
          {"run_id", run.run_id},
          {"user", run.user},
          {"namespace", run.name_space},
          {"tags", run.tags},
          {"system_tags", run.system_tags},
          {"origin_run_id", ToJson(run.origin_run_id)},
          {"datastore", run.datastore},
          {"temporary_directory", run.temporary_directory},
          {"graph", Json::parse(run.steps_json)}};
}

Json TaskFields(const RunContext& run, const flow::TaskSpec& task,
                const std::map<std::string, std::string>& variables) {
  Json fields = RunFields(run);
  fields["kind"] = KindName(task.kind);
  fields["step"] = task.step;
  fields["task_id"] = task.id.task.ToString();
  fields["attempt"] = task.id.attempt;
  fields["max_user_code_retries"] = task.max_user_code_retries;
  fields["max_error_retries"] = task.max_error_retries;
  fields["parameters"] = task.parameters ? ToJson(*task.parameters) : Json::object();
  fields["inputs"] = ToJson(task.inputs);
  fields["join"] = JoinName(task.join);
  fields["foreach_stack"] = ToJson(task.foreach_stack);
  fields["iteration_stack"] = task.iteration_stack;
  fields["environment"] = variables;
  if (task.kind == flow::TaskKind::kParameters) {
    Json values = Json::object();
    for (const auto& [name, text] : run.parameter_values) {
      values[name] = ToJson(text);
    }
    fields["parameter_values"] = std::move(values);
  }
  if (task.failure) {
    fields["failure"] = task.failure->message;
  }
  return fields;
}

Result<int> ParseInt(const JsonObject& object, std::string_view key) {
  FLOWSTONE_LET(const std::int64_t number, object.Integer(key));
  if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max()) {
    return object.Wrong(key, "the integer is too large");
  }
  return static_cast<int>(number);
}

Result<std::optional<int>> ParseOptionalInt(const JsonObject& object, std::string_view key) {
  if (object.IsNull(key)) {
    return std::optional<int>();
  }
  FLOWSTONE_LET(const int number, ParseInt(object, key));
  return std::optional<int>(number);
}

Result<flow::TaskException> ParseException(const JsonObject& object) {
  flow::TaskException exception;
  FLOWSTONE_LET(exception.type, object.Text("type"));
  FLOWSTONE_LET(exception.message, object.Text("message"));
  FLOWSTONE_LET(std::optional<std::string> traceback, object.OptionalText("traceback"));
  exception.traceback = std::move(traceback).value_or("");
  return exception;
}

Result<flow::ArtifactReference> ParseReference(const JsonObject& object) {
  flow::ArtifactReference reference;
  FLOWSTONE_LET(const std::string digest, object.Text("sha256"));
  FLOWSTONE_LET(reference.sha256, Digest::Parse(digest));
  FLOWSTONE_LET(reference.size, object.Unsigned("size"));
  FLOWSTONE_LET(reference.type, object.Text("type"));
  FLOWSTONE_LET(reference.encoding, object.Text("encoding"));
  return reference;
}

Result<flow::Transition> ParseTransition(const JsonObject& object) {
  flow::Transition transition;
  FLOWSTONE_LET(transition.next, object.Texts("next"));
  FLOWSTONE_LET(const std::optional<JsonObject> foreach, object.OptionalObject("foreach"));
  if (foreach) {
    flow::ForeachTransition splits;
    FLOWSTONE_LET(splits.variable, foreach->Text("variable"));
    FLOWSTONE_LET(splits.num_splits, foreach->Unsigned("num_splits"));
    if (!foreach->IsNull("values")) {
      FLOWSTONE_LET(splits.values, foreach->Texts("values"));
    }
    transition.foreach = std::move(splits);
  }
  FLOWSTONE_LET(transition.condition, object.OptionalText("condition"));
  FLOWSTONE_LET(transition.chosen_case, object.OptionalText("case"));
  return transition;
}

Result<TaskMessage> ParseEnd(const JsonObject& object) {
  EndMessage end;
  FLOWSTONE_LET(const bool ok, object.Boolean("ok"));
  end.status = ok ? EndStatus::kOk : EndStatus::kFailed;
  if (!object.IsNull("caught")) {
    FLOWSTONE_LET(end.caught, object.Boolean("caught"));
  }
  FLOWSTONE_LET(const auto references, object.ObjectMembers("references"));
  for (const auto& [name, member] : references) {
    FLOWSTONE_LET(end.references[name], ParseReference(member));
  }
  FLOWSTONE_LET(const std::optional<JsonObject> transition, object.OptionalObject("transition"));
  if (transition) {
    FLOWSTONE_LET(end.transition, ParseTransition(*transition));
  }
  FLOWSTONE_LET(const std::optional<JsonObject> exception, object.OptionalObject("exception"));
  if (exception) {
    FLOWSTONE_LET(end.exception, ParseException(*exception));
  }
  FLOWSTONE_LET(const std::optional<std::string> reason, object.OptionalText("reason"));
  if (reason) {
    end.reason = flow::ParseFailureReason(*reason);
    if (!end.reason) {
      return object.Wrong("reason", "unknown value '" + *reason + "'");
    }
  }
  return TaskMessage(std::move(end));
}

Result<TaskMessage> ParseArtifact(const JsonObject& object, Frame& frame) {
  ArtifactMessage artifact;
  FLOWSTONE_LET(artifact.name, object.Text("name"));
  FLOWSTONE_LET(artifact.type, object.Text("artifact_type"));
  FLOWSTONE_LET(artifact.encoding, object.Text("encoding"));
  FLOWSTONE_LET(artifact.size, object.Unsigned("size"));
  artifact.payload = std::move(frame.payload);
  if (!frame.descriptors.empty()) {
    artifact.descriptor = std::move(frame.descriptors.front());
  } else if (artifact.payload.size() != artifact.size) {
    return object.Wrong("size", "the payload has " + std::to_string(artifact.payload.size()) +
                                    " bytes, not " + std::to_string(artifact.size));
  }
  return TaskMessage(std::move(artifact));
}

Result<ZygoteMessage> ParseExited(const JsonObject& object) {
  ExitedMessage exited;
  FLOWSTONE_LET(exited.key, object.Text("key"));
  FLOWSTONE_LET(exited.code, ParseOptionalInt(object, "code"));
  FLOWSTONE_LET(exited.signal, ParseOptionalInt(object, "signal"));
  if (exited.code.has_value() == exited.signal.has_value()) {
    return object.Wrong("code", "expected either an exit code or a signal");
  }
  if (!object.IsNull("max_rss_kib")) {
    FLOWSTONE_LET(exited.max_rss_kib, object.Unsigned("max_rss_kib"));
  }
  return ZygoteMessage(std::move(exited));
}

Result<ZygoteMessage> ParseHello(const JsonObject& object) {
  FLOWSTONE_LET(const std::int64_t protocol, object.Integer("protocol"));
  if (protocol != kProtocolVersion) {
    return object.Wrong(
        "protocol", "this engine speaks version 1, the worker version " + std::to_string(protocol));
  }
  HelloMessage hello;
  FLOWSTONE_LET(hello.pid, object.Integer("pid"));
  return ZygoteMessage(hello);
}

Error UnknownType(const std::string& type) {
  return Error{.code = ErrorCode::kCorrupt, .message = "a frame of unknown type '" + type + "'"};
}

}  // namespace

Result<ZygoteMessage> ParseZygoteMessage(Frame frame) {
  const JsonObject object = frame.header.root();
  if (frame.type == "hello") {
    return ParseHello(object);
  }
  if (frame.type == "loaded") {
    LoadedMessage loaded;
    FLOWSTONE_LET(loaded.threads, object.Integer("threads"));
    return ZygoteMessage(loaded);
  }
  if (frame.type == "load_failed") {
    FLOWSTONE_LET(const JsonObject exception, object.Object("exception"));
    LoadFailedMessage failed;
    FLOWSTONE_LET(failed.exception, ParseException(exception));
    return ZygoteMessage(std::move(failed));
  }
  if (frame.type == "forked") {
    ForkedMessage forked;
    FLOWSTONE_LET(forked.key, object.Text("key"));
    FLOWSTONE_LET(forked.pid, ParseInt(object, "pid"));
    if (forked.pid <= 1) {
      return object.Wrong("pid", "expected the id of a process");
    }
    return ZygoteMessage(std::move(forked));
  }
  if (frame.type == "fork_failed") {
    ForkFailedMessage failed;
    FLOWSTONE_LET(failed.key, object.Text("key"));
    FLOWSTONE_LET(failed.message, object.Text("message"));
    return ZygoteMessage(std::move(failed));
  }
  if (frame.type == "exited") {
    return ParseExited(object);
  }
  return UnknownType(frame.type);
}

Result<TaskMessage> ParseTaskMessage(Frame frame) {
  const JsonObject object = frame.header.root();
  if (frame.type == "started") {
    return TaskMessage(StartedMessage{});
  }
  if (frame.type == "get") {
    FLOWSTONE_LET(const std::string digest, object.Text("sha256"));
    GetMessage get;
    FLOWSTONE_LET(get.sha256, Digest::Parse(digest));
    return TaskMessage(get);
  }
  if (frame.type == "artifact") {
    return ParseArtifact(object, frame);
  }
  if (frame.type == "metadata") {
    MetadataMessage metadata;
    FLOWSTONE_LET(metadata.metadatum.field, object.Text("field"));
    const Result<std::string> text = object.Text("value");
    metadata.metadatum.value = text ? *text : object.Raw("value");
    return TaskMessage(std::move(metadata));
  }
  if (frame.type == "end") {
    return ParseEnd(object);
  }
  return UnknownType(frame.type);
}

OutgoingFrame LoadFrame(const RunContext& run, const PythonEnvironment& environment) {
  Json variables = Json::object();
  for (const auto& [name, value] : environment.variables) {
    variables[name] = ToJson(value);
  }
  return HeaderOnly({{"type", "load"},
                     {"flow_file", run.flow_file},
                     {"flow_name", run.flow_name},
                     {"directory", environment.directory},
                     {"sys_path", environment.sys_path},
                     {"compat_root", ToJson(run.compat_root)},
                     {"environment", std::move(variables)},
                     {"argv0", run.script},
                     {"module", ToJson(run.module)}});
}

OutgoingFrame ShutdownFrame() {
  return HeaderOnly({{"type", "shutdown"}});
}

OutgoingFrame TaskFrame(TaskDelivery delivery, const std::string& key, const RunContext& run,
                        const flow::TaskSpec& task,
                        const std::map<std::string, std::string>& variables,
                        TaskDescriptors descriptors) {
  OutgoingFrame frame = HeaderOnly({{"type", delivery == TaskDelivery::kFork ? "fork" : "run_here"},
                                    {"key", key},
                                    {"descriptors", 3},
                                    {"task", TaskFields(run, task, variables)}});
  frame.descriptors.push_back(std::move(descriptors.channel));
  frame.descriptors.push_back(std::move(descriptors.output));
  frame.descriptors.push_back(std::move(descriptors.errors));
  return frame;
}

OutgoingFrame BlobFrame(const Digest& sha256, std::string payload) {
  OutgoingFrame frame = HeaderOnly(
      {{"type", "blob"}, {"sha256", sha256.ToString()}, {"size", payload.size()}, {"offset", 0}});
  frame.payload = std::move(payload);
  return frame;
}

OutgoingFrame BlobFrame(const Digest& sha256, os::UniqueFd file, std::uint64_t offset,
                        std::uint64_t size) {
  OutgoingFrame frame = HeaderOnly({{"type", "blob"},
                                    {"sha256", sha256.ToString()},
                                    {"size", size},
                                    {"offset", offset},
                                    {"descriptors", 1}});
  frame.descriptors.push_back(std::move(file));
  return frame;
}

OutgoingFrame BlobErrorFrame(const Digest& sha256, const std::string& message) {
  return HeaderOnly({{"type", "blob_error"}, {"sha256", sha256.ToString()}, {"message", message}});
}

}  // namespace flowstone::exec
