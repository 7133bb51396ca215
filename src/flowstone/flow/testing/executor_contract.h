// The contract of flow::Executor, as a typed suite that the fake and every real executor pass. A
// subject makes an executor whose tasks do what their step is named after:
//
//   "ok"     prints "out" to stdout, stores the artifact "x", goes to "next"
//   "raise"  raises an exception: reason `user`
//   "hang"   does not end by itself
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/flow/executor.h"

namespace flowstone::flow::testing {

inline TaskSpec ContractTask(const std::string& step, std::uint64_t task) {
  TaskSpec spec;
  spec.step = step;
  spec.id.task = TaskId{task};
  spec.parameters = std::make_shared<const ArtifactMap>();
  return spec;
}

// Events of `count` attempts until all have ended, or until nothing came for too long.
inline std::vector<ExecutorEvent> EventsUntilEnded(Executor& executor, std::size_t count) {
  constexpr int patience = 200;  // × 100 ms without any event
  std::vector<ExecutorEvent> all;
  for (int quiet = 0; count > 0 && quiet < patience;) {
    std::vector<ExecutorEvent> events = executor.WaitEvents(std::chrono::milliseconds(100));
    quiet = events.empty() ? quiet + 1 : 0;
    for (ExecutorEvent& event : events) {
      count -= std::holds_alternative<AttemptEnded>(event) ? 1 : 0;
      all.push_back(std::move(event));
    }
  }
  EXPECT_EQ(count, 0U) << "attempts that never ended";
  return all;
}

inline AttemptResult ResultOf(const std::vector<ExecutorEvent>& events, AttemptId id) {
  AttemptResult result;
  int ends = 0;
  for (const ExecutorEvent& event : events) {
    if (const auto* ended = std::get_if<AttemptEnded>(&event);
        ended != nullptr && ended->result.id == id) {
      result = ended->result;
      ++ends;
    }
  }
  EXPECT_EQ(ends, 1) << "each attempt ends once";
  return result;
}

template <class Subject>
class ExecutorContract : public ::testing::Test {
 protected:
  Subject subject_;
};
TYPED_TEST_SUITE_P(ExecutorContract);

TYPED_TEST_P(ExecutorContract, SucceededAttemptBringsArtifactsAndTransition) {
  Executor& executor = this->subject_.executor();
  executor.Launch(ContractTask("ok", 1));
  const AttemptResult result =
      ResultOf(EventsUntilEnded(executor, 1), {.task = TaskId{1}, .attempt = 0});
  EXPECT_TRUE(result.ok()) << result.failure->message;
  EXPECT_EQ(result.step, "ok");
  EXPECT_EQ(result.artifacts.count("x"), 1U);
  ASSERT_TRUE(result.transition.has_value());
  EXPECT_EQ(result.transition->next, std::vector<std::string>{"next"});
}

TYPED_TEST_P(ExecutorContract, EventsComeInOrder) {
  Executor& executor = this->subject_.executor();
  executor.Launch(ContractTask("ok", 1));
  const std::vector<ExecutorEvent> events = EventsUntilEnded(executor, 1);
  ASSERT_EQ(events.size(), 3U);
  ASSERT_TRUE(std::holds_alternative<AttemptStarted>(events[0]));
  EXPECT_GT(std::get<AttemptStarted>(events[0]).pid, 0);
  ASSERT_TRUE(std::holds_alternative<AttemptOutput>(events[1]));
  EXPECT_EQ(std::get<AttemptOutput>(events[1]).text, "out\n");
  EXPECT_TRUE(std::holds_alternative<AttemptEnded>(events[2]));
}

TYPED_TEST_P(ExecutorContract, FailedAttemptSaysWhy) {
  Executor& executor = this->subject_.executor();
  executor.Launch(ContractTask("raise", 1));
  const AttemptResult result =
      ResultOf(EventsUntilEnded(executor, 1), {.task = TaskId{1}, .attempt = 0});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.failure->reason, FailureReason::kUser);
  EXPECT_FALSE(result.failure->message.empty());
}

TYPED_TEST_P(ExecutorContract, AttemptsRunAtTheSameTime) {
  Executor& executor = this->subject_.executor();
  executor.Launch(ContractTask("hang", 1));
  executor.Launch(ContractTask("ok", 2));
  EXPECT_TRUE(ResultOf(EventsUntilEnded(executor, 1), {.task = TaskId{2}, .attempt = 0}).ok());
  executor.Cancel({.task = TaskId{1}, .attempt = 0}, CancelUrgency::kImmediate);
  EventsUntilEnded(executor, 1);
}

TYPED_TEST_P(ExecutorContract, CancelledAttemptEndsAsCancelled) {
  Executor& executor = this->subject_.executor();
  const AttemptId id{.task = TaskId{1}, .attempt = 0};
  executor.Launch(ContractTask("hang", 1));
  executor.Cancel(id, CancelUrgency::kGraceful);
  const AttemptResult result = ResultOf(EventsUntilEnded(executor, 1), id);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.failure->reason, FailureReason::kCancelled);
}

TYPED_TEST_P(ExecutorContract, CancelOfAnUnknownAttemptDoesNothing) {
  Executor& executor = this->subject_.executor();
  executor.Cancel({.task = TaskId{7}, .attempt = 0}, CancelUrgency::kGraceful);
  EXPECT_TRUE(executor.WaitEvents(std::chrono::milliseconds(0)).empty());
}

REGISTER_TYPED_TEST_SUITE_P(ExecutorContract, SucceededAttemptBringsArtifactsAndTransition,
                            EventsComeInOrder, FailedAttemptSaysWhy, AttemptsRunAtTheSameTime,
                            CancelledAttemptEndsAsCancelled, CancelOfAnUnknownAttemptDoesNothing);

}  // namespace flowstone::flow::testing
