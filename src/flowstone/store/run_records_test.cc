#include "flowstone/store/run_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/testing/golden.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::store {
namespace {

using flowstone::testing::ExpectGolden;
using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using flowstone::testing::ReadGolden;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

RunRecord SampleRun() {
  return {.flow = "HelloFlow",
          .run = "1795336457223000",
          .user = "ada",
          .created_ms = 1795336457223,
          .tags = {"nightly"},
          .system_tags = {"user:ada", "runtime:dev"},
          .parameters = {{"alpha", "0.5"}, {"path", std::nullopt}},
          .code = Digest::Of("code"),
          .script = "hello.py",
          .python = "3.12.4",
          .flowstone = "0.1.0",
          .origin_run = std::nullopt,
          .environments = {{"start", EnvironmentReference{.id = Digest::Of("environment"),
                                                          .lock = Digest::Of("lock"),
                                                          .python = "3.12.4"}},
                           {"end", std::nullopt}},
          .graph = R"([{"name":"start"},{"name":"end"}])",
          .command = {"hello.py", "run", "--alpha", "0.5"},
          .host = "lovelace",
          .pid = 4711};
}

TaskRecord SampleTask() {
  return {
      .step = "train",
      .task = "7",
      .created_ms = 1795336457300,
      .foreach_stack =
          {{.step = "start", .variable = "alphas", .num_splits = 3, .index = 1, .value = "0.5"}},
      .iteration_stack = {2},
      .parents = {"start/1"},
      .origin = "HelloFlow/1795336457000000/train/6"};
}

AttemptRecord SampleAttempt() {
  return {.attempt = 1,
          .status = AttemptStatus::kFailed,
          .successful = false,
          .reason = "user",
          .message = "the step raised ValueError",
          .exception = ExceptionInfo{.type = "builtins.ValueError",
                                     .message = "no data in “über.csv”",
                                     .traceback = "Traceback …\n"},
          .started_ms = 1795336457400,
          .finished_ms = 1795336457900,
          .artifacts = {{"x",
                         {.sha256 = Digest::Of("x"),
                          .size = 129,
                          .type = "builtins.dict",
                          .encoding = "pickle5"}}},
          .transition = R"({"next":["end"]})",
          .metadata = {{.field = "runtime", .value = "dev"}},
          .environment = EnvironmentReference{.id = Digest::Of("environment"),
                                              .lock = std::nullopt,
                                              .python = "3.12.4",
                                              .prefix = "/home/ada/.cache/flowstone/env/1"},
          .exit_code = 1,
          .signal = std::nullopt,
          .pid = 4712,
          .host = "lovelace",
          .max_rss_kib = 31000,
          .logs = {.stdout_bytes = 12, .stderr_bytes = 0}};
}

RunEnd SampleEnd() {
  return {.status = RunStatus::kFailed,
          .finished_ms = 1795336458000,
          .failed_task = "HelloFlow/1795336457223000/train/7",
          .message = "step 'train' failed"};
}

TEST(RunRecord, IsItsGoldenFile) {
  ExpectGolden("store/run.json", SampleRun().ToJson());
  EXPECT_THAT(RunRecord::Parse(ReadGolden("store/run.json")), IsOkAndHolds(SampleRun()));
}

TEST(RunEnd, IsItsGoldenFile) {
  ExpectGolden("store/end.json", SampleEnd().ToJson());
  EXPECT_THAT(RunEnd::Parse(ReadGolden("store/end.json")), IsOkAndHolds(SampleEnd()));
}

TEST(RunTags, AreTheirGoldenFile) {
  const RunTags tags{.tags = {"a", "β"}};
  ExpectGolden("store/tags.json", tags.ToJson());
  EXPECT_THAT(RunTags::Parse(ReadGolden("store/tags.json")), IsOkAndHolds(tags));
}

TEST(TaskRecord, IsItsGoldenFile) {
  ExpectGolden("store/task.json", SampleTask().ToJson());
  EXPECT_THAT(TaskRecord::Parse(ReadGolden("store/task.json")), IsOkAndHolds(SampleTask()));
}

TEST(TaskRecord, OfBeforeIterationsIsRead) {
  TaskRecord expected = SampleTask();
  expected.iteration_stack.clear();
  EXPECT_THAT(TaskRecord::Parse(ReadGolden("store/task_without_iterations.json")),
              IsOkAndHolds(expected));
}

TEST(TaskRecord, RefusesIterationsThatAreNoCounts) {
  EXPECT_THAT(TaskRecord::Parse(R"({"version": 1, "step": "a", "task": "1", "created_ms": 1,
                                    "iteration_stack": ["x"]})"),
              HasCode(ErrorCode::kCorrupt));
}

TEST(AttemptRecord, IsItsGoldenFile) {
  ExpectGolden("store/attempt.json", SampleAttempt().ToJson());
  EXPECT_THAT(AttemptRecord::Parse(ReadGolden("store/attempt.json")),
              IsOkAndHolds(SampleAttempt()));
}

TEST(AttemptRecord, OfASuccessComesBack) {
  AttemptRecord record = SampleAttempt();
  record.status = AttemptStatus::kSucceeded;
  record.successful = true;
  record.reason.clear();
  record.exception.reset();
  record.transition.reset();
  record.environment.reset();
  record.exit_code = 0;
  EXPECT_THAT(AttemptRecord::Parse(record.ToJson()), IsOkAndHolds(record));
}

TEST(RunEnd, KeepsKeysOfALaterMinorVersion) {
  const auto end = RunEnd::Parse(
      R"({"version": 1, "status": "succeeded", "finished_ms": 1, "failed_task": null,
          "message": "", "cost": {"usd": 3}})");
  ASSERT_THAT(end, IsOk());
  EXPECT_THAT(end->unknown, UnorderedElementsAre(Pair("cost", R"({"usd":3})")));
  EXPECT_THAT(RunEnd::Parse(end->ToJson()), IsOkAndHolds(*end));
}

TEST(RunEnd, RefusesAnotherVersion) {
  std::string json = SampleEnd().ToJson();
  json.replace(json.find("\"version\":1"), 11, "\"version\":2");
  EXPECT_THAT(RunEnd::Parse(json),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("version 2"))));
}

TEST(RunEnd, RefusesWhatIsNoRecord) {
  for (const std::string json : {"", "{", "[]", "null", "{}", R"({"version":"1"})"}) {
    EXPECT_THAT(RunEnd::Parse(json), HasCode(ErrorCode::kCorrupt)) << json;
  }
}

TEST(RunEnd, NamesTheFieldThatIsWrong) {
  EXPECT_THAT(RunEnd::Parse(R"({"version":1,"status":"failed","finished_ms":"soon"})"),
              HasMessage(HasSubstr("'finished_ms'")));
  EXPECT_THAT(RunEnd::Parse(R"({"version":1,"status":"bored","finished_ms":1})"),
              HasMessage(HasSubstr("'bored'")));
}

TEST(AttemptRecord, NamesTheFieldOfAnArtifactThatIsWrong) {
  std::string json = SampleAttempt().ToJson();
  json.replace(json.find("\"size\":129"), 10, "\"size\":-12");
  EXPECT_THAT(AttemptRecord::Parse(json),
              AllOf(HasCode(ErrorCode::kCorrupt), HasMessage(HasSubstr("'size'"))));
}

TEST(RunRecord, CutOffAnywhereIsCorrupt) {
  const std::string json = SampleRun().ToJson();
  for (std::size_t size = 0; size + 1 < json.size(); ++size) {
    EXPECT_THAT(RunRecord::Parse(json.substr(0, size)), HasCode(ErrorCode::kCorrupt)) << size;
  }
}

TEST(RunEnd, ReplacesBytesThatAreNoUtf8) {
  RunEnd end = SampleEnd();
  end.message = "caf\xe9";
  const auto parsed = RunEnd::Parse(end.ToJson());
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->message, "caf\xEF\xBF\xBD");
}

}  // namespace
}  // namespace flowstone::store
