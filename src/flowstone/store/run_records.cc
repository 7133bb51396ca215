#include "flowstone/store/run_records.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace flowstone::store {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kRecordVersion = 1;

// The text of a value: keys sorted (nlohmann's objects are), malformed UTF-8 replaced.
std::string Dump(const Json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

// JSON text that a record carries without understanding it; null when it is no JSON.
Json Embed(const std::string& text) {
  Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return value.is_discarded() ? Json() : value;
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json OrNull(const std::optional<Digest>& digest) {
  return digest ? Json(digest->ToString()) : Json();
}

std::string Render(Json record, const UnknownKeys& unknown) {
  record["version"] = kRecordVersion;
  for (const auto& [key, text] : unknown) {
    if (!record.contains(key)) {
      record[key] = Embed(text);
    }
  }
  return Dump(record) + "\n";
}

// Takes the fields of a JSON object one by one. The first that is missing or has the wrong type
// makes the whole a failure; what was not taken is unknown.
class FieldReader {
 public:
  FieldReader(Json object, std::string what) : object_(std::move(object)), what_(std::move(what)) {
    if (!object_.is_object()) {
      Fail("it is no JSON object");
      object_ = Json::object();
    }
  }

  // Parses a record and checks its version.
  static FieldReader OfRecord(std::string_view text, std::string what) {
    FieldReader reader(Json::parse(text, nullptr, /*allow_exceptions=*/false), std::move(what));
    const auto version = reader.Integer<std::int64_t>("version");
    if (!reader.error_ && version != kRecordVersion) {
      reader.error_ = Error{.code = ErrorCode::kInvalid,
                            .message = "the " + reader.what_ + " has version " +
                                       std::to_string(version) + ", which is not version 1",
                            .hints = {"use the version of flowstone that wrote it"}};
    }
    return reader;
  }

  // The field, or null when the record has none.
  Json Take(const std::string& key) {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      return {};
    }
    Json value = std::move(*found);
    object_.erase(found);
    return value;
  }

  std::string Text(const std::string& key) { return TextOf(Take(key), key); }

  std::optional<std::string> OptionalText(const std::string& key) {
    const Json value = Take(key);
    return value.is_null() ? std::nullopt : std::optional(TextOf(value, key));
  }

  template <class Number>
  Number Integer(const std::string& key) {
    const Json value = Take(key);
    const bool fits =
        value.is_number_integer() && (std::is_signed_v<Number> || value.is_number_unsigned());
    if (!fits) {
      Fail("'" + key + "' is no integer");
      return 0;
    }
    return value.get<Number>();
  }

  std::optional<int> OptionalInteger(const std::string& key) {
    const Json value = Take(key);
    if (value.is_null()) {
      return std::nullopt;
    }
    if (!value.is_number_integer()) {
      Fail("'" + key + "' is no integer");
      return std::nullopt;
    }
    return value.get<int>();
  }

  bool Boolean(const std::string& key) {
    const Json value = Take(key);
    if (!value.is_boolean()) {
      Fail("'" + key + "' is neither true nor false");
      return false;
    }
    return value.get<bool>();
  }

  Digest Sha256(const std::string& key) {
    const std::optional<Digest> digest = OptionalSha256(key);
    if (!digest) {
      Fail("'" + key + "' is no sha256");
    }
    return digest.value_or(Digest());
  }

  std::optional<Digest> OptionalSha256(const std::string& key) {
    const std::optional<std::string> text = OptionalText(key);
    if (!text) {
      return std::nullopt;
    }
    const Result<Digest> digest = Digest::Parse(*text);
    if (!digest) {
      Fail("'" + key + "' is no sha256");
      return std::nullopt;
    }
    return *digest;
  }

  std::vector<std::string> TextList(const std::string& key) {
    std::vector<std::string> texts;
    for (const Json& item : List(key)) {
      texts.push_back(TextOf(item, key));
    }
    return texts;
  }

  // A list, empty when the field is missing.
  Json List(const std::string& key) {
    Json value = Take(key);
    if (!value.is_null() && !value.is_array()) {
      Fail("'" + key + "' is no list");
    }
    return value.is_array() ? value : Json::array();
  }

  // An object, empty when the field is missing.
  Json Object(const std::string& key) {
    Json value = Take(key);
    if (!value.is_null() && !value.is_object()) {
      Fail("'" + key + "' is no object");
    }
    return value.is_object() ? value : Json::object();
  }

  std::string TextOf(const Json& value, const std::string& key) {
    if (!value.is_string()) {
      Fail("'" + key + "' is no text");
      return {};
    }
    return value.get<std::string>();
  }

  void Fail(const std::string& reason) {
    if (!error_) {
      error_ = Error{.code = ErrorCode::kCorrupt,
                     .message = "the " + what_ + " cannot be read: " + reason};
    }
  }

  // A reader for an object inside this one; its failure becomes ours by Join.
  FieldReader Inner(Json object) const { return {std::move(object), what_}; }
  void Join(const FieldReader& inner) {
    if (!error_) {
      error_ = inner.error_;
    }
  }

  // Call when every known field was taken.
  UnknownKeys Unknown() const {
    UnknownKeys unknown;
    for (const auto& [key, value] : object_.items()) {
      unknown.emplace(key, Dump(value));
    }
    return unknown;
  }

  template <class Record>
  Result<Record> Finish(Record record) {
    record.unknown = Unknown();
    if (error_) {
      return *error_;
    }
    return record;
  }

 private:
  Json object_;
  std::string what_;
  std::optional<Error> error_;
};

Json ToJsonValue(const EnvironmentReference& environment) {
  Json value = {{"id", environment.id.ToString()},
                {"lock", OrNull(environment.lock)},
                {"python", environment.python}};
  if (!environment.prefix.empty()) {
    value["prefix"] = environment.prefix;
  }
  return value;
}

std::optional<EnvironmentReference> TakeEnvironment(FieldReader& reader, Json value) {
  if (value.is_null()) {
    return std::nullopt;
  }
  FieldReader inner = reader.Inner(std::move(value));
  EnvironmentReference environment{.id = inner.Sha256("id"),
                                   .lock = inner.OptionalSha256("lock"),
                                   .python = inner.Text("python"),
                                   .prefix = inner.OptionalText("prefix").value_or("")};
  reader.Join(inner);
  return environment;
}

Json ToJsonValue(const ForeachFrame& frame) {
  return {{"step", frame.step},
          {"variable", frame.variable},
          {"num_splits", frame.num_splits},
          {"index", frame.index},
          {"value", frame.value}};
}

std::vector<ForeachFrame> TakeForeachStack(FieldReader& reader) {
  std::vector<ForeachFrame> stack;
  for (Json& item : reader.List("foreach_stack")) {
    FieldReader inner = reader.Inner(std::move(item));
    stack.push_back({.step = inner.Text("step"),
                     .variable = inner.Text("variable"),
                     .num_splits = inner.Integer<std::int64_t>("num_splits"),
                     .index = inner.Integer<std::int64_t>("index"),
                     .value = inner.Text("value")});
    reader.Join(inner);
  }
  return stack;
}

// Empty in records that were written before there was the key.
std::vector<std::int64_t> TakeIterationStack(FieldReader& reader) {
  std::vector<std::int64_t> stack;
  for (const Json& item : reader.List("iteration_stack")) {
    if (!item.is_number_integer() || item.get<std::int64_t>() < 0) {
      reader.Fail("'iteration_stack' holds what is no count");
      return {};
    }
    stack.push_back(item.get<std::int64_t>());
  }
  return stack;
}

std::map<std::string, ArtifactReference> TakeArtifacts(FieldReader& reader) {
  std::map<std::string, ArtifactReference> artifacts;
  Json object = reader.Object("artifacts");
  for (auto& [name, value] : object.items()) {
    FieldReader inner = reader.Inner(std::move(value));
    artifacts.emplace(name, ArtifactReference{.sha256 = inner.Sha256("sha256"),
                                              .size = inner.Integer<std::uint64_t>("size"),
                                              .type = inner.Text("type"),
                                              .encoding = inner.Text("encoding")});
    reader.Join(inner);
  }
  return artifacts;
}

std::vector<Metadatum> TakeMetadata(FieldReader& reader) {
  std::vector<Metadatum> metadata;
  for (Json& item : reader.List("metadata")) {
    FieldReader inner = reader.Inner(std::move(item));
    metadata.push_back({.field = inner.Text("field"), .value = inner.Text("value")});
    reader.Join(inner);
  }
  return metadata;
}

std::optional<ExceptionInfo> TakeException(FieldReader& reader) {
  Json value = reader.Take("exception");
  if (value.is_null()) {
    return std::nullopt;
  }
  FieldReader inner = reader.Inner(std::move(value));
  ExceptionInfo exception{.type = inner.Text("type"),
                          .message = inner.Text("message"),
                          .traceback = inner.OptionalText("traceback").value_or("")};
  reader.Join(inner);
  return exception;
}

LogSizes TakeLogSizes(FieldReader& reader) {
  FieldReader inner = reader.Inner(reader.Object("logs"));
  const LogSizes sizes{.stdout_bytes = inner.Integer<std::uint64_t>("stdout"),
                       .stderr_bytes = inner.Integer<std::uint64_t>("stderr")};
  reader.Join(inner);
  return sizes;
}

constexpr std::string_view kRunStatusNames[] = {"succeeded", "failed", "interrupted"};
constexpr std::string_view kAttemptStatusNames[] = {"succeeded", "failed"};

template <class Status, std::size_t kCount>
Status TakeStatus(FieldReader& reader, const std::string_view (&names)[kCount]) {
  const std::string text = reader.Text("status");
  for (std::size_t i = 0; i < kCount; ++i) {
    if (names[i] == text) {
      return static_cast<Status>(i);
    }
  }
  reader.Fail("its status '" + text + "' is unknown");
  return Status();
}

template <class Status, std::size_t kCount>
std::string NameOf(Status status, const std::string_view (&names)[kCount]) {
  return std::string(names[static_cast<std::size_t>(status)]);
}

}  // namespace

std::string RunRecord::ToJson() const {
  Json parameters_value = Json::object();
  for (const auto& [name, text] : parameters) {
    parameters_value[name] = OrNull(text);
  }
  Json environments_value = Json::object();
  for (const auto& [step, environment] : environments) {
    environments_value[step] = environment ? ToJsonValue(*environment) : Json();
  }
  return Render({{"flow", flow},
                 {"run", run},
                 {"user", user},
                 {"created_ms", created_ms},
                 {"tags", tags},
                 {"system_tags", system_tags},
                 {"parameters", parameters_value},
                 {"code", OrNull(code)},
                 {"script", script},
                 {"python", python},
                 {"flowstone", flowstone},
                 {"origin_run", OrNull(origin_run)},
                 {"environments", environments_value},
                 {"graph", Embed(graph)},
                 {"command", command},
                 {"host", host},
                 {"pid", pid}},
                unknown);
}

Result<RunRecord> RunRecord::Parse(std::string_view json) {
  FieldReader reader = FieldReader::OfRecord(json, "record of a run");
  RunRecord record{.flow = reader.Text("flow"),
                   .run = reader.Text("run"),
                   .user = reader.Text("user"),
                   .created_ms = reader.Integer<std::int64_t>("created_ms"),
                   .tags = reader.TextList("tags"),
                   .system_tags = reader.TextList("system_tags"),
                   .code = reader.OptionalSha256("code"),
                   .script = reader.Text("script"),
                   .python = reader.Text("python"),
                   .flowstone = reader.Text("flowstone"),
                   .origin_run = reader.OptionalText("origin_run"),
                   .graph = Dump(reader.List("graph")),
                   .command = reader.TextList("command"),
                   .host = reader.Text("host"),
                   .pid = reader.Integer<std::int64_t>("pid")};
  const Json parameters_value = reader.Object("parameters");
  for (const auto& [name, value] : parameters_value.items()) {
    record.parameters[name] =
        value.is_null() ? std::nullopt : std::optional(reader.TextOf(value, "parameters"));
  }
  Json environments_value = reader.Object("environments");
  for (auto& [step, value] : environments_value.items()) {
    record.environments[step] = TakeEnvironment(reader, std::move(value));
  }
  return reader.Finish(std::move(record));
}

std::string RunEnd::ToJson() const {
  return Render({{"status", NameOf(status, kRunStatusNames)},
                 {"finished_ms", finished_ms},
                 {"failed_task", OrNull(failed_task)},
                 {"message", message}},
                unknown);
}

Result<RunEnd> RunEnd::Parse(std::string_view json) {
  FieldReader reader = FieldReader::OfRecord(json, "end of a run");
  RunEnd end{.status = TakeStatus<RunStatus>(reader, kRunStatusNames),
             .finished_ms = reader.Integer<std::int64_t>("finished_ms"),
             .failed_task = reader.OptionalText("failed_task"),
             .message = reader.Text("message")};
  return reader.Finish(std::move(end));
}

std::string RunTags::ToJson() const {
  return Render({{"tags", tags}}, unknown);
}

Result<RunTags> RunTags::Parse(std::string_view json) {
  FieldReader reader = FieldReader::OfRecord(json, "list of tags");
  RunTags record{.tags = reader.TextList("tags")};
  return reader.Finish(std::move(record));
}

std::string TaskRecord::ToJson() const {
  Json stack = Json::array();
  for (const ForeachFrame& frame : foreach_stack) {
    stack.push_back(ToJsonValue(frame));
  }
  return Render({{"step", step},
                 {"task", task},
                 {"created_ms", created_ms},
                 {"foreach_stack", stack},
                 {"iteration_stack", iteration_stack},
                 {"parents", parents},
                 {"origin", OrNull(origin)}},
                unknown);
}

Result<TaskRecord> TaskRecord::Parse(std::string_view json) {
  FieldReader reader = FieldReader::OfRecord(json, "record of a task");
  TaskRecord record{.step = reader.Text("step"),
                    .task = reader.Text("task"),
                    .created_ms = reader.Integer<std::int64_t>("created_ms"),
                    .foreach_stack = TakeForeachStack(reader),
                    .iteration_stack = TakeIterationStack(reader),
                    .parents = reader.TextList("parents"),
                    .origin = reader.OptionalText("origin")};
  return reader.Finish(std::move(record));
}

std::string AttemptRecord::ToJson() const {
  Json artifacts_value = Json::object();
  for (const auto& [name, artifact] : artifacts) {
    artifacts_value[name] = {{"sha256", artifact.sha256.ToString()},
                             {"size", artifact.size},
                             {"type", artifact.type},
                             {"encoding", artifact.encoding}};
  }
  Json metadata_value = Json::array();
  for (const Metadatum& metadatum : metadata) {
    metadata_value.push_back({{"field", metadatum.field}, {"value", metadatum.value}});
  }
  Json exception_value;
  if (exception) {
    exception_value = {{"type", exception->type},
                       {"message", exception->message},
                       {"traceback", exception->traceback}};
  }
  return Render({{"attempt", attempt},
                 {"status", NameOf(status, kAttemptStatusNames)},
                 {"successful", successful},
                 {"reason", reason.empty() ? Json() : Json(reason)},
                 {"message", message},
                 {"exception", exception_value},
                 {"started_ms", started_ms},
                 {"finished_ms", finished_ms},
                 {"artifacts", artifacts_value},
                 {"transition", transition ? Embed(*transition) : Json()},
                 {"metadata", metadata_value},
                 {"environment", environment ? ToJsonValue(*environment) : Json()},
                 {"exit_code", OrNull(exit_code)},
                 {"signal", OrNull(signal)},
                 {"pid", pid},
                 {"host", host},
                 {"max_rss_kib", max_rss_kib},
                 {"logs", {{"stdout", logs.stdout_bytes}, {"stderr", logs.stderr_bytes}}}},
                unknown);
}

Result<AttemptRecord> AttemptRecord::Parse(std::string_view json) {
  FieldReader reader = FieldReader::OfRecord(json, "record of an attempt");
  AttemptRecord record{.attempt = reader.Integer<std::int64_t>("attempt"),
                       .status = TakeStatus<AttemptStatus>(reader, kAttemptStatusNames),
                       .successful = reader.Boolean("successful"),
                       .reason = reader.OptionalText("reason").value_or(""),
                       .message = reader.Text("message"),
                       .exception = TakeException(reader),
                       .started_ms = reader.Integer<std::int64_t>("started_ms"),
                       .finished_ms = reader.Integer<std::int64_t>("finished_ms"),
                       .artifacts = TakeArtifacts(reader),
                       .metadata = TakeMetadata(reader),
                       .environment = TakeEnvironment(reader, reader.Take("environment")),
                       .exit_code = reader.OptionalInteger("exit_code"),
                       .signal = reader.OptionalInteger("signal"),
                       .pid = reader.Integer<std::int64_t>("pid"),
                       .host = reader.Text("host"),
                       .max_rss_kib = reader.Integer<std::uint64_t>("max_rss_kib"),
                       .logs = TakeLogSizes(reader)};
  if (const Json transition = reader.Take("transition"); !transition.is_null()) {
    record.transition = Dump(transition);
  }
  return reader.Finish(std::move(record));
}

}  // namespace flowstone::store
