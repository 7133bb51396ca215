// LocalExecutorFixture: a LocalExecutor over the stand-in worker, with everything that it needs in
// a temporary directory.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "flowstone/exec/local_executor.h"
#include "flowstone/exec/testing/memory_artifact_store.h"
#include "flowstone/exec/testing/stand_in_worker.h"
#include "flowstone/flow/testing/executor_contract.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/posix_process_runner.h"
#include "flowstone/os/system_clock.h"
#include "flowstone/os/temp_dir.h"

namespace flowstone::exec::testing {

class LocalExecutorFixture {
 public:
  LocalExecutorFixture() {
    directory_.emplace(*os::TempDir::Create(files_, "/tmp", "exec-test-"));
    WriteFile("flowstone/worker/__main__.py", kStandInWorker);
    options_.run.flow_name = "TestFlow";
    options_.run.flow_file = path() + "/flow.py";
    options_.run.script = "flow.py";
    options_.run.run_id = "1";
    options_.run.sdk_root = path();
    options_.process_environment = {{"PATH", "/usr/bin:/bin"}};
    environment_.id = "test";
    environment_.interpreter = FLOWSTONE_PYTHON;
    environment_.isolation = Isolation::kIsolated;
    environment_.directory = path();
  }

  const std::string& path() const { return directory_->path(); }
  LocalExecutorOptions& options() { return options_; }
  PythonEnvironment& environment() { return environment_; }
  MemoryArtifactStore& artifacts() { return artifacts_; }

  // A step of the environment whose tasks execute `code` in the stand-in worker.
  void AddStep(const std::string& step, const std::string& code) {
    options_.environments[step] = environment_;
    options_.step_variables[step]["CODE"] = code;
  }

  void WriteFile(const std::string& name, std::string_view content) {
    const std::string file = path() + "/" + name;
    for (std::size_t slash = path().size() + 1;
         (slash = file.find('/', slash)) != std::string::npos; ++slash) {
      // May be there already.
      [[maybe_unused]] const Status made = files_.MakeDirectory(file.substr(0, slash), 0755);
    }
    auto output = files_.OpenOutput(file, os::Existing::kReplace, 0644);
    ASSERT_TRUE(output && (*output)->Write(content) && (*output)->Close());
  }

  // Made at first use, after the options are set.
  flow::Executor& executor() {
    if (!executor_) {
      executor_ = *LocalExecutor::Create(options_, processes_, clock_, artifacts_);
    }
    return *executor_;
  }
  void DestroyExecutor() { executor_.reset(); }

  struct Outcome {
    flow::AttemptResult result;
    std::string output;  // stdout
    std::string errors;  // stderr
  };
  // Runs one task of `step` to its end.
  Outcome Run(const std::string& step, std::uint64_t task = 1) {
    executor().Launch(flow::testing::ContractTask(step, task));
    return Collect(flow::testing::EventsUntilEnded(executor(), 1), {.task = flow::TaskId{task}});
  }
  static Outcome Collect(const std::vector<flow::ExecutorEvent>& events, flow::AttemptId id) {
    Outcome outcome{.result = flow::testing::ResultOf(events, id), .output = {}, .errors = {}};
    for (const flow::ExecutorEvent& event : events) {
      if (const auto* output = std::get_if<flow::AttemptOutput>(&event);
          output != nullptr && output->id == id) {
        (output->stream == flow::OutputStream::kStdout ? outcome.output : outcome.errors) +=
            output->text;
      }
    }
    return outcome;
  }

 private:
  os::PosixFileSystem files_;
  os::PosixProcessRunner processes_;
  os::SystemClock clock_;
  MemoryArtifactStore artifacts_;
  std::optional<os::TempDir> directory_;
  LocalExecutorOptions options_;
  PythonEnvironment environment_;
  std::unique_ptr<LocalExecutor> executor_;
};

}  // namespace flowstone::exec::testing
