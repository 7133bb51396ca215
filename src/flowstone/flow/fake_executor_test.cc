#include "flowstone/flow/testing/fake_executor.h"

#include "flowstone/flow/testing/executor_contract.h"

namespace flowstone::flow::testing {
namespace {

class FakeSubject {
 public:
  Executor& executor() { return executor_; }

 private:
  static FakeAttempt Behave(const TaskSpec& task) {
    if (task.step == "raise") {
      return Fails(FailureReason::kUser, "ValueError: no");
    }
    if (task.step == "hang") {
      return {.hangs = true};
    }
    FakeAttempt attempt = Succeeds({"next"});
    attempt.result.artifacts = {{"x", {.sha256 = Digest::Of("1"), .size = 1}}};
    attempt.output = {{OutputStream::kStdout, "out\n"}};
    return attempt;
  }

  FakeExecutor executor_{Behave};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, ExecutorContract, FakeSubject);

}  // namespace
}  // namespace flowstone::flow::testing
