#include "flowstone/app/record_values.h"

#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::app {
namespace {

flow::AttemptResult FinishedForeach() {
  flow::AttemptResult result{.id = {.task = {7}, .attempt = 1}, .step = "fan"};
  result.artifacts["items"] = {
      .sha256 = Digest::Of("items"), .size = 12, .type = "builtins.list", .encoding = "pickle5"};
  result.transition =
      flow::Transition{.next = {"work"},
                       .foreach = flow::ForeachTransition{
                           .variable = "items", .num_splits = 2, .values = {"1", "2"}}};
  result.metadata = {{.field = "attempt", .value = "1"}};
  result.started_ms = 10;
  result.finished_ms = 20;
  result.pid = 99;
  result.exit_code = 0;
  result.max_rss_kib = 4096;
  return result;
}

TEST(RecordValues, AResultSurvivesItsRecord) {
  const flow::AttemptResult result = FinishedForeach();
  const auto back = ToAttemptResult(ToAttemptRecord(result), "fan", {7});
  ASSERT_THAT(back, flowstone::testing::IsOk());
  EXPECT_EQ(back->artifacts, result.artifacts);
  EXPECT_EQ(back->transition, result.transition);
  EXPECT_EQ(back->id, result.id);
  EXPECT_TRUE(back->ok());
  EXPECT_EQ(back->max_rss_kib, result.max_rss_kib);
}

TEST(RecordValues, ACaughtFailureIsOkButNotSuccessful) {
  flow::AttemptResult result = FinishedForeach();
  result.caught = true;
  const store::AttemptRecord record = ToAttemptRecord(result);
  EXPECT_EQ(record.status, store::AttemptStatus::kSucceeded);
  EXPECT_FALSE(record.successful);
  EXPECT_TRUE(ToAttemptResult(record, "fan", {7})->caught);
}

TEST(RecordValues, AFailureKeepsItsReason) {
  flow::AttemptResult result = FinishedForeach();
  result.failure = {.reason = flow::FailureReason::kSignal, .message = "killed by SIGSEGV"};
  const auto back = ToAttemptResult(ToAttemptRecord(result), "fan", {7});
  EXPECT_EQ(back->failure, result.failure);
}

TEST(RecordValues, AMalformedTransitionIsCorrupt) {
  store::AttemptRecord record = ToAttemptRecord(FinishedForeach());
  record.transition = "[]";
  EXPECT_THAT(ToAttemptResult(record, "fan", {7}),
              flowstone::testing::HasCode(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace flowstone::app
