#include "flowstone/exec/attempt_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "flowstone/exec/line_buffer.h"

namespace flowstone::exec {
namespace {

using flow::FailureReason;
using ::testing::HasSubstr;

class AttemptStateTest : public ::testing::Test {
 protected:
  flow::AttemptResult Exit(std::optional<int> code, std::optional<int> signal = std::nullopt) {
    state_.OnExited(code, signal, 1024);
    return std::move(state_).Conclude(20);
  }
  static EndMessage End(EndStatus status) {
    EndMessage end;
    end.status = status;
    return end;
  }
  static ArtifactMessage Artifact(const std::string& name) {
    ArtifactMessage artifact;
    artifact.name = name;
    artifact.size = 3;
    return artifact;
  }

  AttemptState state_{{.task = flow::TaskId{1}, .attempt = 0}, "train", 10};
};

TEST_F(AttemptStateTest, SuccessIsAnEndAndExitStatusZero) {
  state_.OnEnd(End(EndStatus::kOk));
  const flow::AttemptResult result = Exit(0);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.started_ms, 10);
  EXPECT_EQ(result.finished_ms, 20);
  EXPECT_EQ(result.max_rss_kib, 1024U);
}

TEST_F(AttemptStateTest, WaitsForArtifactsThatAreBeingStored) {
  const std::size_t slot = state_.OnArtifact(Artifact("x"));
  state_.OnEnd(End(EndStatus::kOk));
  state_.OnExited(0, std::nullopt, std::nullopt);
  EXPECT_FALSE(state_.settled());
  state_.ArtifactStored(slot, Digest::Of("abc"));
  ASSERT_TRUE(state_.settled());
  EXPECT_EQ(std::move(state_).Conclude(20).artifacts.at("x").sha256, Digest::Of("abc"));
}

TEST_F(AttemptStateTest, TheLastArtifactOfANameCountsWhenStoredOutOfOrder) {
  const std::size_t first = state_.OnArtifact(Artifact("x"));
  const std::size_t second = state_.OnArtifact(Artifact("x"));
  state_.ArtifactStored(second, Digest::Of("new"));
  state_.ArtifactStored(first, Digest::Of("old"));
  EXPECT_EQ(Exit(1).artifacts.at("x").sha256, Digest::Of("new"));
}

TEST_F(AttemptStateTest, FailedStepTellsItsException) {
  EndMessage end = End(EndStatus::kFailed);
  end.reason = FailureReason::kTimeout;
  end.exception = flow::TaskException{.type = "TimeoutException", .message = "", .traceback = "t"};
  state_.OnEnd(std::move(end));
  const flow::AttemptResult result = Exit(1);
  EXPECT_EQ(result.failure->reason, FailureReason::kTimeout);
  EXPECT_EQ(result.failure->message, "TimeoutException");
  EXPECT_EQ(result.exception->traceback, "t");
}

TEST_F(AttemptStateTest, KillIsNamedAndPerhapsExplained) {
  const flow::AttemptResult result = Exit(std::nullopt, SIGKILL);
  EXPECT_EQ(result.failure->reason, FailureReason::kSignal);
  EXPECT_THAT(result.failure->message, HasSubstr("SIGKILL (Killed); the system may have run out"));
}

TEST_F(AttemptStateTest, CancellingExplainsTheSignal) {
  state_.OnCancelled();
  EXPECT_EQ(Exit(std::nullopt, SIGTERM).failure->reason, FailureReason::kCancelled);
}

TEST_F(AttemptStateTest, CancellingComesTooLateForAFinishedStep) {
  state_.OnEnd(End(EndStatus::kOk));
  state_.OnCancelled();
  EXPECT_TRUE(Exit(0).ok());
}

TEST_F(AttemptStateTest, TwoEndsBreakTheProtocol) {
  state_.OnEnd(End(EndStatus::kOk));
  state_.OnEnd(End(EndStatus::kOk));
  EXPECT_EQ(Exit(0).failure->reason, FailureReason::kProtocol);
}

TEST(LineBuffer, GivesWholeLines) {
  LineBuffer lines;
  EXPECT_EQ(lines.Append("one\ntw"), "one\n");
  EXPECT_EQ(lines.Append("o"), "");
  EXPECT_EQ(lines.Append("\n\nthr"), "two\n\n");
  EXPECT_EQ(lines.Finish(), "thr");
  EXPECT_EQ(lines.Finish(), "");
}

TEST(LineBuffer, DoesNotKeepAnEndlessLine) {
  LineBuffer lines;
  EXPECT_EQ(lines.Append(std::string(LineBuffer::kMaxLine, 'x')).size(), LineBuffer::kMaxLine);
  EXPECT_EQ(lines.Finish(), "");
}

}  // namespace
}  // namespace flowstone::exec
