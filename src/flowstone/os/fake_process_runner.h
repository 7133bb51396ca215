// FakeProcessRunner: programs that the test plays. Run answers from the test's function; a started
// process is one that has run that answer to its end, unless the test gives a starter of its own.
// Thread-safe as far as the given functions are.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "flowstone/os/process_runner.h"

namespace flowstone::os {

class FakeProcessRunner final : public ProcessRunner {
 public:
  using Answer = std::function<Result<ProcessResult>(const ProcessSpec&, const std::string& input)>;
  using Starter = std::function<Result<std::unique_ptr<Process>>(const ProcessSpec&)>;

  explicit FakeProcessRunner(Answer answer, Starter starter = nullptr);

  Result<ProcessResult> Run(const ProcessSpec& spec, const std::string& input,
                            std::chrono::milliseconds timeout) override;
  Result<std::unique_ptr<Process>> Start(const ProcessSpec& spec) override;

  // Everything run or started so far, in order.
  std::vector<ProcessSpec> calls() const;

 private:
  int Record(const ProcessSpec& spec);

  Answer answer_;
  Starter starter_;
  mutable std::mutex mutex_;
  std::vector<ProcessSpec> calls_;  // guarded by mutex_
};

// The result of a program that exits with `code`, for answers.
ProcessResult Exited(int code, std::string output = {}, std::string errors = {});

}  // namespace flowstone::os
