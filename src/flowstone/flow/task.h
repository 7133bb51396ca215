// What passes between the scheduler and an executor: TaskSpec, one attempt of one task to run, and
// AttemptResult, how it ended. Names follow docs/formats/worker-protocol.md. Plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/flow/graph.h"

namespace flowstone::flow {

// The step that evaluates the parameters: task 0 of every run.
inline constexpr std::string_view kParametersStep = "_parameters";

// Number of a task in its run: 0 for `_parameters`, then 1, 2, … in the order of creation.
struct TaskId {
  std::uint64_t value = 0;
  friend auto operator<=>(const TaskId&, const TaskId&) = default;
  std::string ToString() const { return std::to_string(value); }
};

struct AttemptId {
  TaskId task = {};
  int attempt = 0;  // from 0
  friend auto operator<=>(const AttemptId&, const AttemptId&) = default;
};

// Names the stored bytes of one artifact.
struct ArtifactReference {
  Digest sha256 = {};         // of the serialised bytes
  std::uint64_t size = 0;     // of the serialised bytes
  std::string type = {};      // "builtins.dict"
  std::string encoding = {};  // "pickle5"
  friend bool operator==(const ArtifactReference&, const ArtifactReference&) = default;
};

using ArtifactMap = std::map<std::string, ArtifactReference>;
// Shared because all tasks of a foreach read the same parent: one map, however many children.
using SharedArtifacts = std::shared_ptr<const ArtifactMap>;

struct ForeachFrame {
  std::string step = {};  // the step that did the foreach
  std::string variable = {};
  std::uint64_t num_splits = 0;
  std::uint64_t index = 0;
  std::string value = {};  // a short repr
  friend bool operator==(const ForeachFrame&, const ForeachFrame&) = default;
};

enum class FailureReason : std::uint8_t {
  kUser,         // the step raised
  kTimeout,      // @timeout
  kSignal,       // the process was killed
  kExit,         // the process left without finishing the step
  kUnpicklable,  // an artifact cannot be stored
  kProtocol,     // the worker broke the protocol
  kEnvironment,  // the interpreter or the flow's import failed
  kInternal,     // an artifact could not be written, or a bug
  kCancelled,    // the run ended it
};

// Stable lower-case name, as in records: "user", "timeout", …
std::string_view FailureReasonName(FailureReason reason);
std::optional<FailureReason> ParseFailureReason(std::string_view name);

struct TaskException {
  std::string type = {};
  std::string message = {};
  std::string traceback = {};
  friend bool operator==(const TaskException&, const TaskException&) = default;
};

struct AttemptFailure {
  FailureReason reason = FailureReason::kInternal;
  std::string message = {};  // one sentence
  friend bool operator==(const AttemptFailure&, const AttemptFailure&) = default;
};

enum class TaskKind : std::uint8_t {
  kStep,
  kParameters,
  kFallback,  // the process itself died under @catch: record `failure`, run nothing
};

struct TaskInput {
  std::string step = {};
  TaskId task = {};
  SharedArtifacts artifacts = {};
  std::vector<ForeachFrame> foreach_stack = {};
};

struct TaskSpec {
  TaskKind kind = TaskKind::kStep;
  std::string step = {};
  AttemptId id = {};
  int max_user_code_retries = 0;
  int max_error_retries = 0;
  SharedArtifacts parameters = {};     // of the `_parameters` task; null for that task itself
  std::vector<TaskInput> inputs = {};  // in the order of branches or of the foreach's index
  JoinKind join = JoinKind::kNone;
  std::vector<ForeachFrame> foreach_stack = {};     // outermost first
  std::vector<std::uint64_t> iteration_stack = {};  // of a recursive switch: how often before
  std::optional<AttemptFailure> failure = {};       // kFallback: of the attempt before
};

// "train/17": step and task, as messages and parents name a task.
std::string TaskName(const std::string& step, TaskId task);

struct ForeachTransition {
  std::string variable = {};
  std::uint64_t num_splits = 0;
  std::vector<std::string> values = {};  // short reprs; may be shorter than num_splits
  friend bool operator==(const ForeachTransition&, const ForeachTransition&) = default;
};

// The `self.next(…)` that a step really called.
struct Transition {
  std::vector<std::string> next = {};
  std::optional<ForeachTransition> foreach = {};
  std::optional<std::string> condition = {};    // of a switch
  std::optional<std::string> chosen_case = {};  // of a switch
  friend bool operator==(const Transition&, const Transition&) = default;
};

struct Metadatum {
  std::string field = {};
  std::string value = {};
  friend bool operator==(const Metadatum&, const Metadatum&) = default;
};

struct AttemptResult {
  AttemptId id = {};
  std::string step = {};
  std::optional<AttemptFailure> failure = {};   // nothing: the attempt succeeded
  bool caught = false;                          // @catch swallowed an exception
  std::optional<TaskException> exception = {};  // of a failure or a caught one
  ArtifactMap artifacts = {};                   // all of the task: new ones and those passed on
  std::optional<Transition> transition = {};    // nothing for `end` and `_parameters`
  std::vector<Metadatum> metadata = {};
  std::int64_t started_ms = 0;   // since the Unix epoch
  std::int64_t finished_ms = 0;  // since the Unix epoch
  int pid = 0;
  std::optional<int> exit_code = {};
  std::optional<int> signal = {};
  std::optional<std::uint64_t> max_rss_kib = {};

  bool ok() const { return !failure.has_value(); }
};

}  // namespace flowstone::flow
