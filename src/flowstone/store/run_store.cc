#include "flowstone/store/run_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/store/object_key.h"

namespace flowstone::store {
namespace {

constexpr std::string_view kRunsPrefix = "runs/";
constexpr std::string_view kAttemptSuffix = ".json";
constexpr const char* kTaskRecordName = "task.json";
constexpr std::size_t kMostAttemptDigits = 9;
// Ids of runs that this engine started are microseconds since the epoch, of so many digits until
// the year 2286; for others the record says when they started.
constexpr std::size_t kMicrosecondDigits = 16;

// Ids come from people and other programs: "" can name nothing.
Status CheckIds(std::initializer_list<std::string_view> ids) {
  for (const std::string_view id : ids) {
    if (id.empty()) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "the id of a flow, run, step or task is empty"};
    }
  }
  return Ok();
}

Result<std::string> FlowFolder(const std::string& flow) {
  FLOWSTONE_TRY(CheckIds({flow}));
  return std::string(kRunsPrefix) + KeyComponent(flow) + "/";
}

Result<std::string> RunFolder(const RunPath& run) {
  FLOWSTONE_TRY(CheckIds({run.flow, run.run}));
  FLOWSTONE_LET(const std::string folder, FlowFolder(run.flow));
  return folder + KeyComponent(run.run) + "/";
}

Result<std::string> StepFolder(const RunPath& run, const std::string& step) {
  FLOWSTONE_TRY(CheckIds({step}));
  FLOWSTONE_LET(const std::string folder, RunFolder(run));
  return folder + KeyComponent(step) + "/";
}

Result<std::string> TaskFolder(const TaskPath& task) {
  FLOWSTONE_TRY(CheckIds({task.task}));
  FLOWSTONE_LET(const std::string folder, StepFolder(task.run_path(), task.step));
  return folder + KeyComponent(task.task) + "/";
}

std::string_view StreamSuffix(LogStream stream) {
  return stream == LogStream::kStandardOutput ? ".stdout" : ".stderr";
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsAsciiDigit);
}

// Numbers by value first, then other ids bytewise.
bool IdLess(const std::string& a, const std::string& b) {
  const bool a_number = IsNumber(a);
  const bool b_number = IsNumber(b);
  if (a_number != b_number) {
    return a_number;
  }
  if (a_number && a.size() != b.size()) {
    return a.size() < b.size();
  }
  return a < b;
}

// The texts of the folders directly below `folder`; what is no component is left out, and shows up
// in VerifyDatastore.
Result<std::vector<std::string>> FolderNames(ObjectStore& objects, const std::string& folder) {
  FLOWSTONE_LET(const std::vector<std::string> children, objects.ListChildren(folder));
  std::vector<std::string> names;
  for (std::string_view child : children) {
    if (!child.ends_with('/')) {
      continue;
    }
    child.remove_suffix(1);
    if (Result<std::string> name = TextOfKeyComponent(child)) {
      names.push_back(*std::move(name));
    }
  }
  return names;
}

std::string AttemptText(const TaskPath& task, std::int64_t attempt) {
  return "attempt " + std::to_string(attempt) + " of task '" + task.ToString() + "'";
}

// The number in "<attempt>.json", or nothing for another name.
std::optional<std::int64_t> AttemptOfName(std::string_view name) {
  if (!name.ends_with(kAttemptSuffix)) {
    return std::nullopt;
  }
  name.remove_suffix(kAttemptSuffix.size());
  if (!IsNumber(name) || name.size() > kMostAttemptDigits) {
    return std::nullopt;
  }
  std::int64_t attempt = 0;
  for (const char digit : name) {
    attempt = attempt * 10 + (digit - '0');
  }
  return attempt;
}

std::size_t CountCharacters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // not a continuation byte
  }));
}

Status CheckTag(const std::string& tag) {
  const bool valid = !tag.empty() && IsUtf8(tag) && CountCharacters(tag) <= kMaxTagCharacters;
  if (valid) {
    return Ok();
  }
  const std::string reason =
      tag.empty()   ? "a tag may not be empty"
      : IsUtf8(tag) ? "a tag may have at most " + std::to_string(kMaxTagCharacters) + " characters"
                    : "a tag must be UTF-8";
  return Error{.code = ErrorCode::kInvalid, .message = reason};
}

Status CheckTagCount(std::size_t before, std::size_t after) {
  // A run that has too many already may still lose some.
  if (after <= kMaxUserTags || after < before) {
    return Ok();
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = "a run may have at most " + std::to_string(kMaxUserTags) +
                          " tags; this would make " + std::to_string(after)};
}

Status CheckNewTags(const std::vector<std::string>& tags) {
  for (const std::string& tag : tags) {
    FLOWSTONE_TRY(CheckTag(tag));
  }
  return CheckTagCount(0, std::set<std::string>(tags.begin(), tags.end()).size());
}

}  // namespace

std::string RunPath::ToString() const {
  return flow + "/" + run;
}

std::string TaskPath::ToString() const {
  return flow + "/" + run + "/" + step + "/" + task;
}

Status RunStore::PutRecord(const std::string& key, std::string_view json, const std::string& what) {
  FLOWSTONE_LET(const PutOutcome outcome, datastore_.objects().PutIfAbsent(key, json));
  if (outcome == PutOutcome::kAlreadyThere) {
    return Error{.code = ErrorCode::kConflict, .message = what + " is recorded already"};
  }
  return Ok();
}

Result<std::string> RunStore::GetRecord(const std::string& key, const std::string& what) {
  Result<std::string> text = datastore_.objects().Get(key);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return Error{.code = ErrorCode::kNotFound, .message = "there is no " + what};
  }
  return text;
}

Status RunStore::CreateRun(const RunRecord& record) {
  const RunPath run{record.flow, record.run};
  FLOWSTONE_LET(const std::string folder, RunFolder(run));
  FLOWSTONE_TRY(CheckNewTags(record.tags));
  FLOWSTONE_TRY(PutRecord(folder + "run.json", record.ToJson(), "run '" + run.ToString() + "'"));
  FLOWSTONE_LET(const std::string flow_folder, FlowFolder(record.flow));
  return datastore_.objects().Replace(flow_folder + "latest", record.run);
}

Status RunStore::EndRun(const RunPath& run, const RunEnd& end) {
  FLOWSTONE_LET(const std::string folder, RunFolder(run));
  return PutRecord(folder + "end.json", end.ToJson(), "the end of run '" + run.ToString() + "'");
}

Status RunStore::CreateTask(const RunPath& run, const TaskRecord& record) {
  const TaskPath task{run.flow, run.run, record.step, record.task};
  FLOWSTONE_LET(const std::string folder, TaskFolder(task));
  return PutRecord(folder + kTaskRecordName, record.ToJson(), "task '" + task.ToString() + "'");
}

Status RunStore::WriteAttempt(const TaskPath& task, AttemptRecord record, const AttemptLogs& logs) {
  FLOWSTONE_LET(const std::string folder, TaskFolder(task));
  record.logs = LogSizes{.stdout_bytes = logs.standard_output.size(),
                         .stderr_bytes = logs.standard_error.size()};
  const std::string stem = folder + std::to_string(record.attempt);
  const std::string what = AttemptText(task, record.attempt);
  FLOWSTONE_LET(const std::optional<std::uint64_t> written,
                datastore_.objects().Head(stem + std::string(kAttemptSuffix)));
  if (written) {
    return Error{.code = ErrorCode::kConflict, .message = what + " is recorded already"};
  }
  // Logs of an attempt without a record are what an engine left that was killed right here.
  for (const auto& [stream, bytes] : {std::pair{LogStream::kStandardOutput, logs.standard_output},
                                      std::pair{LogStream::kStandardError, logs.standard_error}}) {
    const std::string key = stem + std::string(StreamSuffix(stream));
    FLOWSTONE_TRY(bytes.empty() ? datastore_.objects().Remove(key)
                                : datastore_.objects().Replace(key, bytes));
  }
  return PutRecord(stem + std::string(kAttemptSuffix), record.ToJson(), what);
}

Result<std::vector<std::string>> RunStore::ListFlows() {
  return FolderNames(datastore_.objects(), std::string(kRunsPrefix));
}

Result<std::vector<std::string>> RunStore::ListRuns(const std::string& flow) {
  FLOWSTONE_LET(const std::string folder, FlowFolder(flow));
  FLOWSTONE_LET(const std::vector<std::string> names, FolderNames(datastore_.objects(), folder));
  std::vector<std::pair<std::int64_t, std::string>> runs;
  for (const std::string& name : names) {
    if (IsNumber(name) && name.size() == kMicrosecondDigits) {
      const std::string key = folder + KeyComponent(name) + "/run.json";
      FLOWSTONE_LET(const std::optional<std::uint64_t> size, datastore_.objects().Head(key));
      if (size) {
        runs.emplace_back(std::stoll(name) / 1000, name);
      }
      continue;
    }
    const Result<RunRecord> record = ReadRun({flow, name});
    if (record) {
      runs.emplace_back(record->created_ms, name);
    } else if (record.error().code != ErrorCode::kNotFound) {
      return record.error();
    }
  }
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : IdLess(b.second, a.second);
  });
  std::vector<std::string> ids;
  ids.reserve(runs.size());
  for (auto& [created_ms, id] : runs) {
    ids.push_back(std::move(id));
  }
  return ids;
}

Result<std::vector<std::string>> RunStore::ListSteps(const RunPath& run) {
  FLOWSTONE_LET(const std::string folder, RunFolder(run));
  FLOWSTONE_LET(std::vector<std::string> steps, FolderNames(datastore_.objects(), folder));
  std::sort(steps.begin(), steps.end());
  return steps;
}

Result<std::vector<std::string>> RunStore::ListTasks(const RunPath& run, const std::string& step) {
  FLOWSTONE_LET(const std::string folder, StepFolder(run, step));
  FLOWSTONE_LET(std::vector<std::string> tasks, FolderNames(datastore_.objects(), folder));
  std::sort(tasks.begin(), tasks.end(), IdLess);
  return tasks;
}

Result<std::vector<std::int64_t>> RunStore::ListAttempts(const TaskPath& task) {
  FLOWSTONE_LET(const std::string folder, TaskFolder(task));
  FLOWSTONE_LET(const std::vector<std::string> children, datastore_.objects().ListChildren(folder));
  std::vector<std::int64_t> attempts;
  for (const std::string& child : children) {
    if (const std::optional<std::int64_t> attempt = AttemptOfName(child)) {
      attempts.push_back(*attempt);
    }
  }
  std::sort(attempts.begin(), attempts.end());
  return attempts;
}

Result<std::string> RunStore::LatestRun(const std::string& flow) {
  FLOWSTONE_LET(const std::string folder, FlowFolder(flow));
  return GetRecord(folder + "latest", "run of flow '" + flow + "'");
}

Result<RunRecord> RunStore::ReadRun(const RunPath& run) {
  const std::string what = "run '" + run.ToString() + "'";
  FLOWSTONE_LET(const std::string folder, RunFolder(run));
  FLOWSTONE_LET(const std::string text, GetRecord(folder + "run.json", what));
  return Annotate(RunRecord::Parse(text), "while reading " + what);
}

Result<std::optional<RunEnd>> RunStore::ReadEnd(const RunPath& run) {
  FLOWSTONE_LET(const std::string folder, RunFolder(run));
  const Result<std::string> text = datastore_.objects().Get(folder + "end.json");
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) {
      return std::optional<RunEnd>();
    }
    return text.error();
  }
  FLOWSTONE_LET(RunEnd end,
                Annotate(RunEnd::Parse(*text), "while reading run '" + run.ToString() + "'"));
  return std::optional(std::move(end));
}

Result<TaskRecord> RunStore::ReadTask(const TaskPath& task) {
  const std::string what = "task '" + task.ToString() + "'";
  FLOWSTONE_LET(const std::string folder, TaskFolder(task));
  FLOWSTONE_LET(const std::string text, GetRecord(folder + kTaskRecordName, what));
  return Annotate(TaskRecord::Parse(text), "while reading " + what);
}

Result<AttemptRecord> RunStore::ReadAttempt(const TaskPath& task, std::int64_t attempt) {
  const std::string what = AttemptText(task, attempt);
  FLOWSTONE_LET(const std::string folder, TaskFolder(task));
  FLOWSTONE_LET(const std::string text,
                GetRecord(folder + std::to_string(attempt) + std::string(kAttemptSuffix), what));
  return Annotate(AttemptRecord::Parse(text), "while reading " + what);
}

Result<std::optional<AttemptRecord>> RunStore::ReadLatestAttempt(const TaskPath& task) {
  FLOWSTONE_LET(const std::vector<std::int64_t> attempts, ListAttempts(task));
  if (attempts.empty()) {
    return std::optional<AttemptRecord>();
  }
  FLOWSTONE_LET(AttemptRecord record, ReadAttempt(task, attempts.back()));
  return std::optional(std::move(record));
}

Result<std::string> RunStore::ReadLog(const TaskPath& task, std::int64_t attempt,
                                      LogStream stream) {
  FLOWSTONE_LET(const std::string folder, TaskFolder(task));
  Result<std::string> bytes = datastore_.objects().Get(folder + std::to_string(attempt) +
                                                       std::string(StreamSuffix(stream)));
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) {
    return std::string();
  }
  return bytes;
}

Result<std::vector<std::string>> RunStore::ReadTags(const RunPath& run) {
  FLOWSTONE_LET(const RunTags current, ReadTagRecord(run));
  return current.tags;
}

Result<RunTags> RunStore::ReadTagRecord(const RunPath& run) {
  FLOWSTONE_LET(const std::string folder, RunFolder(run));
  const Result<std::string> text = datastore_.objects().Get(folder + "tags.json");
  if (text) {
    return Annotate(RunTags::Parse(*text), "while reading run '" + run.ToString() + "'");
  }
  if (text.error().code != ErrorCode::kNotFound) {
    return text.error();
  }
  FLOWSTONE_LET(const RunRecord record, ReadRun(run));
  const std::set<std::string> tags(record.tags.begin(), record.tags.end());
  return RunTags{.tags = {tags.begin(), tags.end()}};
}

Result<std::vector<std::string>> RunStore::ChangeTags(const RunPath& run, const TagChange& change) {
  FLOWSTONE_LET(const RunRecord record, ReadRun(run));
  const std::set<std::string> system_tags(record.system_tags.begin(), record.system_tags.end());
  for (const std::string& tag : change.remove) {
    if (system_tags.contains(tag)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "'" + tag + "' is a system tag, which cannot be removed"};
    }
  }
  const std::lock_guard lock(tags_mutex_);
  FLOWSTONE_LET(RunTags current, ReadTagRecord(run));
  std::set<std::string> tags(current.tags.begin(), current.tags.end());
  for (const std::string& tag : change.remove) {
    tags.erase(tag);
  }
  for (const std::string& tag : change.add) {
    FLOWSTONE_TRY(CheckTag(tag));
    if (!system_tags.contains(tag)) {
      tags.insert(tag);
    }
  }
  FLOWSTONE_TRY(CheckTagCount(current.tags.size(), tags.size()));
  current.tags.assign(tags.begin(), tags.end());
  FLOWSTONE_LET(const std::string folder, RunFolder(run));
  FLOWSTONE_TRY(datastore_.objects().Replace(folder + "tags.json", current.ToJson()));
  return current.tags;
}

}  // namespace flowstone::store
