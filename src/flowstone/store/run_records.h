// The records that a run leaves: what started, how it ended, its tasks and their attempts
// (docs/formats/datastore.md, "Records"). Plain values with ToJson and Parse; storing them is
// RunStore's work.
//
// ToJson gives canonical text: keys sorted, UTF-8 (a malformed byte becomes U+FFFD), one trailing
// newline. Parse refuses what is no such record (kCorrupt) or one of another version (kInvalid),
// and keeps the keys that it does not know in `unknown`, so that rewriting a record loses nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"

namespace flowstone::store {

// Keys of a record that this program does not know, with their values as JSON text.
using UnknownKeys = std::map<std::string, std::string>;

struct EnvironmentReference {
  Digest id;
  std::optional<Digest> lock = {};
  std::string python = {};  // "3.12.4"
  std::string prefix = {};  // directory where the task saw it; attempts only
  friend bool operator==(const EnvironmentReference&, const EnvironmentReference&) = default;
};

// run.json
struct RunRecord {
  std::string flow;
  std::string run;
  std::string user = {};
  std::int64_t created_ms = 0;
  std::vector<std::string> tags = {};  // as given at the start; later ones are in tags.json
  std::vector<std::string> system_tags = {};
  std::map<std::string, std::optional<std::string>> parameters = {};  // name → text given
  std::optional<Digest> code = {};                                    // code package
  std::string script = {};
  std::string python = {};
  std::string flowstone = {};
  std::optional<std::string> origin_run = {};  // the run that this one resumes
  std::map<std::string, std::optional<EnvironmentReference>> environments = {};  // by step
  std::string graph = "[]";  // JSON text: the steps of the flow description
  std::vector<std::string> command = {};
  std::string host = {};
  std::int64_t pid = 0;
  UnknownKeys unknown = {};

  std::string ToJson() const;
  static Result<RunRecord> Parse(std::string_view json);
  friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

enum class RunStatus : std::uint8_t { kSucceeded, kFailed, kInterrupted };

// end.json
struct RunEnd {
  RunStatus status = RunStatus::kSucceeded;
  std::int64_t finished_ms = 0;
  std::optional<std::string> failed_task = {};  // pathspec
  std::string message = {};
  UnknownKeys unknown = {};

  std::string ToJson() const;
  static Result<RunEnd> Parse(std::string_view json);
  friend bool operator==(const RunEnd&, const RunEnd&) = default;
};

// tags.json
struct RunTags {
  std::vector<std::string> tags = {};  // sorted
  UnknownKeys unknown = {};

  std::string ToJson() const;
  static Result<RunTags> Parse(std::string_view json);
  friend bool operator==(const RunTags&, const RunTags&) = default;
};

struct ForeachFrame {
  std::string step;
  std::string variable;
  std::int64_t num_splits = 0;
  std::int64_t index = 0;
  std::string value = {};  // repr, at most 30 characters
  friend bool operator==(const ForeachFrame&, const ForeachFrame&) = default;
};

// task.json
struct TaskRecord {
  std::string step;
  std::string task;
  std::int64_t created_ms = 0;
  std::vector<ForeachFrame> foreach_stack = {};    // outermost first
  std::vector<std::int64_t> iteration_stack = {};  // of a recursive switch: how often before
  std::vector<std::string> parents = {};           // "step/task"
  std::optional<std::string> origin = {};          // pathspec of the task that this one repeats
  UnknownKeys unknown = {};

  std::string ToJson() const;
  static Result<TaskRecord> Parse(std::string_view json);
  friend bool operator==(const TaskRecord&, const TaskRecord&) = default;
};

struct ArtifactReference {
  Digest sha256;  // of the serialised bytes: the name of the blob
  std::uint64_t size = 0;
  std::string type = {};      // "builtins.dict"
  std::string encoding = {};  // "pickle5"
  friend bool operator==(const ArtifactReference&, const ArtifactReference&) = default;
};

struct Metadatum {
  std::string field;
  std::string value;
  friend bool operator==(const Metadatum&, const Metadatum&) = default;
};

struct ExceptionInfo {
  std::string type;
  std::string message;
  std::string traceback = {};
  friend bool operator==(const ExceptionInfo&, const ExceptionInfo&) = default;
};

struct LogSizes {
  std::uint64_t stdout_bytes = 0;
  std::uint64_t stderr_bytes = 0;
  friend bool operator==(const LogSizes&, const LogSizes&) = default;
};

enum class AttemptStatus : std::uint8_t { kSucceeded, kFailed };

// <attempt>.json
struct AttemptRecord {
  std::int64_t attempt = 0;
  AttemptStatus status = AttemptStatus::kSucceeded;
  bool successful = true;   // false when a failure was caught (@catch)
  std::string reason = {};  // why it failed: "user", "timeout", "signal"…; empty when it did not
  std::string message = {};
  std::optional<ExceptionInfo> exception = {};
  std::int64_t started_ms = 0;
  std::int64_t finished_ms = 0;
  std::map<std::string, ArtifactReference> artifacts = {};
  std::optional<std::string> transition = {};  // JSON text, as the task sent it
  std::vector<Metadatum> metadata = {};
  std::optional<EnvironmentReference> environment = {};
  std::optional<int> exit_code = {};
  std::optional<int> signal = {};
  std::int64_t pid = 0;
  std::string host = {};
  std::uint64_t max_rss_kib = 0;
  LogSizes logs = {};
  UnknownKeys unknown = {};

  std::string ToJson() const;
  static Result<AttemptRecord> Parse(std::string_view json);
  friend bool operator==(const AttemptRecord&, const AttemptRecord&) = default;
};

}  // namespace flowstone::store
