// The messages of the worker protocol as values: what the engine sends (made by functions that
// return frames) and what zygotes and tasks send (parsed from frames, every field checked).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/exec/frame.h"
#include "flowstone/exec/run_context.h"
#include "flowstone/flow/task.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::exec {

inline constexpr std::int64_t kProtocolVersion = 1;

// From a zygote.
struct HelloMessage {
  std::int64_t pid = 0;
};
struct LoadedMessage {
  std::int64_t threads = 0;  // besides the main one
};
struct LoadFailedMessage {
  flow::TaskException exception;
};
struct ForkedMessage {
  std::string key;
  int pid = 0;
};
struct ForkFailedMessage {
  std::string key;
  std::string message;
};
struct ExitedMessage {
  std::string key;
  std::optional<int> code;
  std::optional<int> signal;
  std::optional<std::uint64_t> max_rss_kib;
};
using ZygoteMessage = std::variant<HelloMessage, LoadedMessage, LoadFailedMessage, ForkedMessage,
                                   ForkFailedMessage, ExitedMessage>;

// From a task.
struct StartedMessage {};
struct GetMessage {
  Digest sha256;
};
struct ArtifactMessage {
  std::string name;
  std::string type;
  std::string encoding;
  std::uint64_t size = 0;
  std::string payload;      // the content, unless there is a descriptor
  os::UniqueFd descriptor;  // of a file that holds it
};
struct MetadataMessage {
  flow::Metadatum metadatum;
};
enum class EndStatus : std::uint8_t { kOk, kFailed };
struct EndMessage {
  EndStatus status = EndStatus::kFailed;
  bool caught = false;
  flow::ArtifactMap references;
  std::optional<flow::Transition> transition;
  std::optional<flow::TaskException> exception;
  std::optional<flow::FailureReason> reason;
};
using TaskMessage =
    std::variant<StartedMessage, GetMessage, ArtifactMessage, MetadataMessage, EndMessage>;

// kCorrupt for an unknown type, kInvalid for a field of the wrong shape.
Result<ZygoteMessage> ParseZygoteMessage(Frame frame);
Result<TaskMessage> ParseTaskMessage(Frame frame);

OutgoingFrame LoadFrame(const RunContext& run, const PythonEnvironment& environment);
OutgoingFrame ShutdownFrame();

// How a task reaches its process: forked by a zygote, or run by the process that imported the flow.
enum class TaskDelivery : std::uint8_t { kFork, kRunHere };

struct TaskDescriptors {
  os::UniqueFd channel;
  os::UniqueFd output;  // stdout
  os::UniqueFd errors;  // stderr
};

OutgoingFrame TaskFrame(TaskDelivery delivery, const std::string& key, const RunContext& run,
                        const flow::TaskSpec& task,
                        const std::map<std::string, std::string>& variables,
                        TaskDescriptors descriptors);

OutgoingFrame BlobFrame(const Digest& sha256, std::string payload);
OutgoingFrame BlobFrame(const Digest& sha256, os::UniqueFd file, std::uint64_t offset,
                        std::uint64_t size);
OutgoingFrame BlobErrorFrame(const Digest& sha256, const std::string& message);

}  // namespace flowstone::exec
