#include "flowstone/testing/python_oracle.h"

#include <chrono>

#include "flowstone/os/posix_process_runner.h"

namespace flowstone::testing {

std::string PythonOutput(const std::string& script, const std::string& input) {
  os::PosixProcessRunner runner;
  const os::ProcessSpec spec{.arguments = {FLOWSTONE_PYTHON, "-I", "-c", script},
                             .environment = {{"PATH", "/usr/bin:/bin"}},
                             .directory = {},
                             .descriptors = {}};
  const Result<os::ProcessResult> result = runner.Run(spec, input, std::chrono::minutes(1));
  if (!result) {
    return "python failed: " + result.error().ToString();
  }
  return result->status.ok() ? result->output : "python failed: " + result->errors;
}

}  // namespace flowstone::testing
