// AttemptState: what is known of one running attempt, and the verdict when it is over. Pure: it is
// told what the task said, what became of its artifacts and how its process ended.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/exec/task_messages.h"
#include "flowstone/flow/task.h"

namespace flowstone::exec {

class AttemptState {
 public:
  AttemptState(flow::AttemptId id, std::string step, std::int64_t started_ms);

  void OnForked(int pid) { result_.pid = pid; }
  // Returns the slot that ArtifactStored fills.
  std::size_t OnArtifact(const ArtifactMessage& artifact);
  void ArtifactStored(std::size_t slot, const Result<Digest>& stored);
  void OnMetadata(flow::Metadatum metadatum);
  void OnEnd(EndMessage end);

  // Each of these makes the attempt fail; the first one counts.
  void OnCancelled();
  void OnProtocolBroken(const std::string& what);
  // The attempt cannot run, or its zygote is gone: no exit will be reported.
  void OnEnvironmentFailed(std::string message, std::optional<flow::TaskException> exception);

  void OnExited(std::optional<int> code, std::optional<int> signal,
                std::optional<std::uint64_t> max_rss_kib);

  // The process has ended and all artifacts are stored.
  bool settled() const { return over_ && storing_ == 0; }
  bool over() const { return over_; }
  // REQUIRES: settled().
  flow::AttemptResult Conclude(std::int64_t finished_ms) &&;

 private:
  struct StoredArtifact {
    std::string name;
    std::optional<flow::ArtifactReference> reference;
  };

  void Fail(flow::FailureReason reason, std::string message);
  std::optional<flow::AttemptFailure> Verdict() const;

  flow::AttemptResult result_;
  std::vector<StoredArtifact> artifacts_;  // in the order sent
  std::vector<flow::ArtifactReference> announced_;
  std::size_t storing_ = 0;
  std::optional<EndMessage> end_;
  std::optional<flow::AttemptFailure> failure_;        // that no message of the task excuses
  std::optional<flow::AttemptFailure> store_failure_;  // an artifact was lost
  bool cancelled_ = false;
  bool over_ = false;
};

}  // namespace flowstone::exec
