// RunStore: what happened, below `runs/` of a datastore: one immutable record per run, end, task
// and attempt, one mutable record of tags per run, and the name of each flow's newest run.
//
// Records are written after what they refer to, each by one atomic put, so a record that can be
// read is whole. Thread-safe.
#pragma once

#include <compare>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/store/datastore.h"
#include "flowstone/store/run_records.h"

namespace flowstone::store {

struct RunPath {
  std::string flow;
  std::string run;
  std::string ToString() const;  // "flow/run"
  friend auto operator<=>(const RunPath&, const RunPath&) = default;
};

struct TaskPath {
  std::string flow;
  std::string run;
  std::string step;
  std::string task;
  RunPath run_path() const { return {flow, run}; }
  std::string ToString() const;  // "flow/run/step/task"
  friend auto operator<=>(const TaskPath&, const TaskPath&) = default;
};

struct AttemptLogs {
  std::string_view standard_output = {};
  std::string_view standard_error = {};
};

enum class LogStream : std::uint8_t { kStandardOutput, kStandardError };

// A change of user tags. Removals come first, then additions.
struct TagChange {
  std::vector<std::string> remove = {};
  std::vector<std::string> add = {};
};

inline constexpr std::size_t kMaxUserTags = 50;        // per run, as Metaflow's
inline constexpr std::size_t kMaxTagCharacters = 500;  // code points

class RunStore {
 public:
  explicit RunStore(Datastore& datastore) : datastore_(datastore) {}

  // Also makes it the latest run of its flow. kConflict when the run exists.
  Status CreateRun(const RunRecord& record);
  // kConflict when it has ended already.
  Status EndRun(const RunPath& run, const RunEnd& end);
  // kConflict when the task exists.
  Status CreateTask(const RunPath& run, const TaskRecord& record);
  // Stores the logs, then the record with their sizes. kConflict when the attempt was written.
  Status WriteAttempt(const TaskPath& task, AttemptRecord record, const AttemptLogs& logs);

  Result<std::vector<std::string>> ListFlows();
  // Newest first. Empty when the flow never ran.
  Result<std::vector<std::string>> ListRuns(const std::string& flow);
  // Sorted by name, `_parameters` included.
  Result<std::vector<std::string>> ListSteps(const RunPath& run);
  // Sorted: numbers by value, then other ids bytewise.
  Result<std::vector<std::string>> ListTasks(const RunPath& run, const std::string& step);
  // Ascending; written attempts only.
  Result<std::vector<std::int64_t>> ListAttempts(const TaskPath& task);

  // kNotFound when the flow never ran.
  Result<std::string> LatestRun(const std::string& flow);
  // Each names what is missing when it is (kNotFound).
  Result<RunRecord> ReadRun(const RunPath& run);
  Result<std::optional<RunEnd>> ReadEnd(const RunPath& run);
  Result<TaskRecord> ReadTask(const TaskPath& task);
  Result<AttemptRecord> ReadAttempt(const TaskPath& task, std::int64_t attempt);
  // The newest written attempt, or nothing when there is none yet.
  Result<std::optional<AttemptRecord>> ReadLatestAttempt(const TaskPath& task);
  // Empty when nothing was written.
  Result<std::string> ReadLog(const TaskPath& task, std::int64_t attempt, LogStream stream);

  // User tags, sorted.
  Result<std::vector<std::string>> ReadTags(const RunPath& run);
  // Returns the user tags after the change. kInvalid for an empty, too long or malformed tag, too
  // many of them, or the removal of a system tag; adding a system tag changes nothing. Of changes
  // that two processes make at the same moment, one may be lost.
  Result<std::vector<std::string>> ChangeTags(const RunPath& run, const TagChange& change);

 private:
  Status PutRecord(const std::string& key, std::string_view json, const std::string& what);
  Result<std::string> GetRecord(const std::string& key, const std::string& what);
  Result<RunTags> ReadTagRecord(const RunPath& run);

  Datastore& datastore_;
  std::mutex tags_mutex_;  // held from reading tags.json to replacing it
};

}  // namespace flowstone::store
