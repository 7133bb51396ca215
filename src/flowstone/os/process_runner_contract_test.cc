// What every ProcessRunner does, the real one and the fake. The fake answers as the programs of the
// test would.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/os/fake_process_runner.h"
#include "flowstone/os/posix_process_runner.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::IsOk;
using std::chrono_literals::operator""s;

ProcessSpec ContractSpec(std::vector<std::string> arguments) {
  ProcessSpec spec;
  spec.arguments = std::move(arguments);
  return spec;
}

Result<ProcessResult> AnswerLikeTheShell(const ProcessSpec& spec, const std::string& input) {
  if (spec.arguments.front() == "/bin/cat") {
    return Exited(0, input);
  }
  if (spec.arguments.front() == "/bin/sh") {
    return Exited(3, "out\n", "err\n");
  }
  return Error{.code = ErrorCode::kNotFound, .message = "no " + spec.arguments.front()};
}

enum class Which : std::uint8_t { kReal, kFake };

class ProcessRunnerContract : public ::testing::TestWithParam<Which> {
 protected:
  ProcessRunnerContract() {
    if (GetParam() == Which::kReal) {
      runner_ = std::make_unique<PosixProcessRunner>();
    } else {
      runner_ = std::make_unique<FakeProcessRunner>(AnswerLikeTheShell);
    }
  }

  std::unique_ptr<ProcessRunner> runner_;
};

TEST_P(ProcessRunnerContract, AProgramGetsItsInputAndGivesItsOutput) {
  const auto result = runner_->Run(ContractSpec({"/bin/cat"}), "some text", 30s);
  ASSERT_THAT(result, IsOk());
  EXPECT_TRUE(result->status.ok());
  EXPECT_EQ(result->output, "some text");
}

TEST_P(ProcessRunnerContract, AFailureOfTheProgramIsAResult) {
  const auto result =
      runner_->Run(ContractSpec({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}), "", 30s);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->status, (ExitStatus{.code = 3, .signal = {}}));
  EXPECT_EQ(result->output, "out\n");
  EXPECT_EQ(result->errors, "err\n");
}

TEST_P(ProcessRunnerContract, AMissingProgramIsNotFound) {
  EXPECT_THAT(runner_->Run(ContractSpec({"/no/such/program"}), "", 30s),
              HasCode(ErrorCode::kNotFound));
}

TEST_P(ProcessRunnerContract, MoreOutputThanIsAcceptedIsInvalid) {
  ProcessSpec spec = ContractSpec({"/bin/cat"});
  spec.output_limit = 100;
  EXPECT_THAT(runner_->Run(spec, std::string(100, 'a'), 30s), IsOk());
  EXPECT_THAT(runner_->Run(spec, std::string(101, 'a'), 30s), HasCode(ErrorCode::kInvalid));
}

INSTANTIATE_TEST_SUITE_P(All, ProcessRunnerContract, ::testing::Values(Which::kReal, Which::kFake),
                         [](const auto& test) {
                           return test.param == Which::kReal ? "Real" : "Fake";
                         });

}  // namespace
}  // namespace flowstone::os
