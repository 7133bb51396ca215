// PosixProcessRunner: starts real programs, without a shell.
//
// vfork-fast: a child costs the same however large this process is. The child gets an empty signal
// mask, default signal handlers and no descriptor that was not named. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "flowstone/os/process_runner.h"

namespace flowstone::os {

class PosixProcessRunner final : public ProcessRunner {
 public:
  Result<ProcessResult> Run(const ProcessSpec& spec, const std::string& input,
                            std::chrono::milliseconds timeout) override;
  Result<std::unique_ptr<Process>> Start(const ProcessSpec& spec) override;
};

}  // namespace flowstone::os
