#include "flowstone/exec/task_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "flowstone/testing/golden.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::exec {
namespace {

using flowstone::testing::ExpectGolden;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using flowstone::testing::ReadGolden;
using ::testing::HasSubstr;

RunContext TestRun() {
  RunContext run;
  run.flow_name = "HelloFlow";
  run.flow_file = "/home/ada/hello.py";
  run.script = "hello.py";
  run.run_id = "17";
  run.user = "ada";
  run.name_space = "user:ada";
  run.tags = {"nightly"};
  run.parameter_values = {{"alpha", "0.5"}, {"beta", std::nullopt}};
  run.datastore = "/home/ada/.flowstone";
  run.temporary_directory = "/tmp";
  run.steps_json = R"([{"name":"start"}])";
  run.compat_root = "/opt/compat";
  run.module = "pkg.hello";
  return run;
}

std::string BytesOf(const OutgoingFrame& frame) {
  return EncodeFrame(frame.header, frame.payload);
}

Frame FrameOf(const std::string& bytes) {
  FrameDecoder decoder;
  decoder.Append(bytes);
  return **decoder.Next();
}

TEST(TaskMessages, LoadFrameIsGolden) {
  PythonEnvironment environment;
  environment.directory = "/home/ada";
  environment.sys_path = {"/env/site-packages", "/home/ada"};
  environment.variables = {{"PYTHONHASHSEED", "0"}, {"PYTHONPATH", std::nullopt}};
  ExpectGolden("protocol/load.frame", BytesOf(LoadFrame(TestRun(), environment)));
}

TEST(TaskMessages, ForkFrameOfAJoinIsGolden) {
  const flow::ArtifactReference data{
      .sha256 = Digest::Of("data"), .size = 4, .type = "builtins.int", .encoding = "pickle5"};
  const flow::ForeachFrame frame{
      .step = "start", .variable = "xs", .num_splits = 2, .index = 1, .value = "'b'"};
  flow::TaskSpec task;
  task.step = "gather";
  task.id = {.task = flow::TaskId{5}, .attempt = 1};
  task.max_user_code_retries = 2;
  task.max_error_retries = 3;
  task.parameters = std::make_shared<const flow::ArtifactMap>(flow::ArtifactMap{{"alpha", data}});
  task.join = flow::JoinKind::kForeach;
  task.inputs = {
      {.step = "fan",
       .task = flow::TaskId{4},
       .artifacts = std::make_shared<const flow::ArtifactMap>(flow::ArtifactMap{{"square", data}}),
       .foreach_stack = {frame}}};
  task.foreach_stack = {frame};
  task.iteration_stack = {3};
  ExpectGolden("protocol/fork.frame", BytesOf(TaskFrame(TaskDelivery::kFork, "5.1", TestRun(), task,
                                                        {{"COLOUR", "red"}}, {})));
}

TEST(TaskMessages, ParametersTaskCarriesTheTextsGiven) {
  flow::TaskSpec task;
  task.kind = flow::TaskKind::kParameters;
  task.step = "_parameters";
  ExpectGolden(
      "protocol/parameters.frame",
      BytesOf(TaskFrame(TaskDelivery::kRunHere, "0.0", TestRun(), task, {}, TaskDescriptors{})));
}

TEST(TaskMessages, BlobFrameIsGolden) {
  ExpectGolden("protocol/blob.frame", BytesOf(BlobFrame(Digest::Of("data"), std::string("data"))));
}

TEST(TaskMessages, ReadsTheGoldenEnd) {
  const auto message = ParseTaskMessage(FrameOf(ReadGolden("protocol/end.frame")));
  ASSERT_THAT(message, IsOk());
  const auto& end = std::get<EndMessage>(*message);
  EXPECT_EQ(end.status, EndStatus::kOk);
  EXPECT_EQ(end.references.at("kept").size, 4U);
  ASSERT_TRUE(end.transition && end.transition->foreach);
  EXPECT_EQ(end.transition->foreach->values, (std::vector<std::string>{"'a'", "'b'"}));
}

TEST(TaskMessages, ReadsTheGoldenArtifact) {
  const auto message = ParseTaskMessage(FrameOf(ReadGolden("protocol/artifact.frame")));
  ASSERT_THAT(message, IsOk());
  const auto& artifact = std::get<ArtifactMessage>(*message);
  EXPECT_EQ(artifact.name, "model");
  EXPECT_EQ(artifact.type, "builtins.bytes");
  EXPECT_EQ(artifact.payload, "12345678");
}

TEST(TaskMessages, ReadsTheGoldenExit) {
  const auto message = ParseZygoteMessage(FrameOf(ReadGolden("protocol/exited.frame")));
  ASSERT_THAT(message, IsOk());
  const auto& exited = std::get<ExitedMessage>(*message);
  EXPECT_EQ(exited.key, "5.1");
  EXPECT_EQ(exited.signal, 11);
  EXPECT_EQ(exited.code, std::nullopt);
  EXPECT_EQ(exited.max_rss_kib, 20480U);
}

TEST(TaskMessages, RefusesFieldsOfTheWrongShape) {
  const auto task = [](const std::string& header, const std::string& payload = "") {
    return ParseTaskMessage(FrameOf(EncodeFrame(header, payload)));
  };
  EXPECT_THAT(task(R"({"type": "get", "sha256": "12"})"), HasMessage(HasSubstr("12")));
  EXPECT_THAT(task(R"({"type": "end", "ok": "yes"})"), HasMessage(HasSubstr("ok: expected true")));
  EXPECT_THAT(task(R"({"type": "end", "ok": false, "references": {}, "reason": "mood"})"),
              HasMessage(HasSubstr("reason: unknown value 'mood'")));
  EXPECT_THAT(task(R"({"type": "artifact", "name": "x", "artifact_type": "t", "encoding": "pickle5",
                       "size": 3})",
                   "ab"),
              HasMessage(HasSubstr("the payload has 2 bytes, not 3")));
}

TEST(TaskMessages, RefusesAnotherProtocolVersion) {
  EXPECT_THAT(
      ParseZygoteMessage(FrameOf(EncodeFrame(R"({"type": "hello", "protocol": 2, "pid": 1})", ""))),
      HasMessage(HasSubstr("this engine speaks version 1, the worker version 2")));
}

TEST(TaskMessages, NeverTakesAGroupOfProcessesForAProcess) {
  for (const char* pid : {"0", "1", "-1"}) {
    EXPECT_FALSE(ParseZygoteMessage(FrameOf(
        EncodeFrame(std::string(R"({"type": "forked", "key": "1.0", "pid": )") + pid + "}", ""))));
  }
}

}  // namespace
}  // namespace flowstone::exec
