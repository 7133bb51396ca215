#include "flowstone/os/fake_process_runner.h"

#include <gtest/gtest.h>

#include <chrono>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;

ProcessSpec Call(std::string program) {
  ProcessSpec spec;
  spec.arguments = {std::move(program)};
  return spec;
}

TEST(FakeProcessRunner, AnswersFromTheTestsFunctionAndRecordsTheCall) {
  FakeProcessRunner runner([](const ProcessSpec& spec, const std::string& input) {
    return Exited(7, spec.arguments[0] + " got " + input);
  });
  const Result<ProcessResult> result =
      runner.Run(Call("tool"), "text", std::chrono::milliseconds(1));
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->output, "tool got text");
  EXPECT_EQ(result->status.code, 7);
  ASSERT_EQ(runner.calls().size(), 1U);
  EXPECT_EQ(runner.calls()[0].arguments[0], "tool");
}

TEST(FakeProcessRunner, AStartedProcessHasRunToItsEnd) {
  FakeProcessRunner runner([](const ProcessSpec&, const std::string&) { return Exited(0); });
  Result<std::unique_ptr<Process>> process = runner.Start(Call("tool"));
  ASSERT_THAT(process, IsOk());
  EXPECT_THAT((*process)->Wait(), IsOkAndHolds(ExitStatus{.code = 0, .signal = std::nullopt}));
  EXPECT_THAT((*process)->Signal(15), IsOk());
}

TEST(FakeProcessRunner, TheAnswerMayBeAFailure) {
  FakeProcessRunner runner([](const ProcessSpec&, const std::string&) -> Result<ProcessResult> {
    return Error{.code = ErrorCode::kNotFound, .message = "no such program"};
  });
  EXPECT_THAT(runner.Start(Call("tool")), HasCode(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace flowstone::os
