#include "flowstone/os/fake_process_runner.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace flowstone::os {
namespace {

constexpr int kFirstPid = 1000;

// Has run to its end before anyone looks.
class EndedProcess final : public Process {
 public:
  EndedProcess(int pid, ExitStatus status) : pid_(pid), status_(status) {}
  int pid() const override { return pid_; }
  Result<std::optional<ExitStatus>> Poll() override { return std::optional(status_); }
  Result<ExitStatus> Wait() override { return status_; }
  Status Signal(int) override { return Ok(); }

 private:
  int pid_;
  ExitStatus status_;
};

}  // namespace

FakeProcessRunner::FakeProcessRunner(Answer answer, Starter starter)
    : answer_(std::move(answer)), starter_(std::move(starter)) {}

Result<ProcessResult> FakeProcessRunner::Run(const ProcessSpec& spec, const std::string& input,
                                             std::chrono::milliseconds) {
  Record(spec);
  Result<ProcessResult> result = answer_(spec, input);
  if (result && std::max(result->output.size(), result->errors.size()) > spec.output_limit) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "it wrote more than " + std::to_string(spec.output_limit) + " bytes"};
  }
  return result;
}

Result<std::unique_ptr<Process>> FakeProcessRunner::Start(const ProcessSpec& spec) {
  const int pid = Record(spec);
  if (starter_) {
    return starter_(spec);
  }
  FLOWSTONE_LET(const ProcessResult result, answer_(spec, ""));
  return std::unique_ptr<Process>(std::make_unique<EndedProcess>(pid, result.status));
}

std::vector<ProcessSpec> FakeProcessRunner::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

int FakeProcessRunner::Record(const ProcessSpec& spec) {
  const std::lock_guard lock(mutex_);
  calls_.push_back(spec);
  return kFirstPid + static_cast<int>(calls_.size());
}

ProcessResult Exited(int code, std::string output, std::string errors) {
  return ProcessResult{.status = {.code = code, .signal = std::nullopt},
                       .output = std::move(output),
                       .errors = std::move(errors)};
}

}  // namespace flowstone::os
