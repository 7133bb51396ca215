#include "flowstone/exec/attempt_state.h"

#include <csignal>
#include <cstring>

#include "flowstone/base/check.h"

namespace flowstone::exec {
namespace {

using flow::AttemptFailure;
using flow::FailureReason;

std::string SignalText(int signal) {
  const char* const abbreviation = ::sigabbrev_np(signal);
  const char* const description = ::sigdescr_np(signal);
  std::string text = abbreviation == nullptr ? "signal " + std::to_string(signal)
                                             : std::string("SIG") + abbreviation;
  if (description != nullptr) {
    text += std::string(" (") + description + ")";
  }
  if (signal == SIGKILL) {
    text += "; the system may have run out of memory";
  }
  return text;
}

std::string ExceptionText(const flow::TaskException& exception) {
  return exception.message.empty() ? exception.type : exception.type + ": " + exception.message;
}

AttemptFailure FailureOfStep(const EndMessage& end) {
  return {.reason = end.reason.value_or(FailureReason::kUser),
          .message = end.exception ? ExceptionText(*end.exception)
                                   : std::string("the step failed without an exception")};
}

}  // namespace

AttemptState::AttemptState(flow::AttemptId id, std::string step, std::int64_t started_ms) {
  result_.id = id;
  result_.step = std::move(step);
  result_.started_ms = started_ms;
}

std::size_t AttemptState::OnArtifact(const ArtifactMessage& artifact) {
  ++storing_;
  artifacts_.push_back({.name = artifact.name, .reference = std::nullopt});
  announced_.push_back(
      {.sha256 = {}, .size = artifact.size, .type = artifact.type, .encoding = artifact.encoding});
  return artifacts_.size() - 1;
}

void AttemptState::ArtifactStored(std::size_t slot, const Result<Digest>& stored) {
  FLOWSTONE_CHECK(storing_ > 0 && slot < artifacts_.size());
  --storing_;
  StoredArtifact& artifact = artifacts_[slot];
  if (stored) {
    artifact.reference = std::move(announced_[slot]);
    artifact.reference->sha256 = *stored;
  } else if (!store_failure_) {
    store_failure_ = AttemptFailure{
        .reason = FailureReason::kInternal,
        .message = "cannot store artifact '" + artifact.name + "': " + stored.error().message};
  }
}

void AttemptState::OnMetadata(flow::Metadatum metadatum) {
  result_.metadata.push_back(std::move(metadatum));
}

void AttemptState::OnEnd(EndMessage end) {
  if (end_) {
    OnProtocolBroken("the task ended twice");
    return;
  }
  end_ = std::move(end);
}

void AttemptState::Fail(FailureReason reason, std::string message) {
  if (!failure_) {
    failure_ = AttemptFailure{.reason = reason, .message = std::move(message)};
  }
}

void AttemptState::OnCancelled() {
  cancelled_ = true;
}

void AttemptState::OnProtocolBroken(const std::string& what) {
  Fail(FailureReason::kProtocol, "the worker broke the protocol: " + what);
}

void AttemptState::OnEnvironmentFailed(std::string message,
                                       std::optional<flow::TaskException> exception) {
  Fail(FailureReason::kEnvironment, std::move(message));
  if (exception && !result_.exception) {
    result_.exception = std::move(exception);
  }
  over_ = true;
}

void AttemptState::OnExited(std::optional<int> code, std::optional<int> signal,
                            std::optional<std::uint64_t> max_rss_kib) {
  result_.exit_code = code;
  result_.signal = signal;
  result_.max_rss_kib = max_rss_kib;
  over_ = true;
}

// The rules of docs/formats/worker-protocol.md: success is `end` with ok and exit status 0.
std::optional<AttemptFailure> AttemptState::Verdict() const {
  const bool finished = end_ && end_->status == EndStatus::kOk && result_.exit_code == 0;
  if (cancelled_ && !finished) {
    return AttemptFailure{.reason = FailureReason::kCancelled, .message = "the task was cancelled"};
  }
  if (failure_) {
    return failure_;
  }
  if (end_ && end_->status == EndStatus::kFailed) {
    return FailureOfStep(*end_);
  }
  if (result_.signal) {
    return AttemptFailure{.reason = FailureReason::kSignal,
                          .message = "the process was killed by " + SignalText(*result_.signal)};
  }
  if (!finished) {
    return AttemptFailure{
        .reason = FailureReason::kExit,
        .message = "the process exited with status " +
                   std::to_string(result_.exit_code.value_or(-1)) +
                   (end_ ? " after the step had ended" : " before the step had ended")};
  }
  return store_failure_;
}

flow::AttemptResult AttemptState::Conclude(std::int64_t finished_ms) && {
  FLOWSTONE_CHECK(settled());
  result_.finished_ms = finished_ms;
  result_.failure = Verdict();
  if (end_) {
    result_.caught = end_->caught && result_.ok();
    result_.artifacts = std::move(end_->references);
    result_.transition = std::move(end_->transition);
    if (end_->exception) {
      result_.exception = std::move(end_->exception);
    }
  }
  for (StoredArtifact& artifact : artifacts_) {
    if (artifact.reference) {
      result_.artifacts.insert_or_assign(artifact.name, *std::move(artifact.reference));
    }
  }
  return std::move(result_);
}

}  // namespace flowstone::exec
