// Backend: calls the hooks of one project's build backend, each in a process of its own, in a
// sandbox when the kernel gives one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/build/build_environments.h"
#include "flowstone/build/build_system.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/process_runner.h"
#include "flowstone/pypi/requirement.h"

namespace flowstone::build {

using ConfigSettings = std::map<std::string, std::vector<std::string>>;

struct BuildLimits {
  std::chrono::seconds time{1800};  // of one hook
  os::SandboxNetwork network = os::SandboxNetwork::kNone;
  os::ResourceLimits resources = {.memory_bytes = std::uint64_t{16} << 30U,
                                  .file_bytes = std::uint64_t{8} << 30U,
                                  .open_files = 4096,
                                  .processes = 4096};
};

class Backend {
 public:
  struct Parts {
    os::FileSystem& filesystem;
    os::ProcessRunner& processes;
    // Of the user: a few variables that compilers obey are taken from it, no others.
    const os::Environment& environment;
    BuildLimits limits = {};
    // Called when the kernel gives no namespaces: the hook runs without them.
    std::function<void(const Error&)> on_no_isolation = nullptr;
  };
  struct Project {
    std::string title;      // "numpy 2.1.0", for messages
    std::string source;     // its tree, which hooks may write to
    std::string workspace;  // an empty directory for questions, answers, HOME and TMPDIR
    std::string log;        // the file that gets what hooks printed, when one fails
    BuildSystem system;
    ConfigSettings settings = {};
    std::map<std::string, std::string> variables = {};  // in the environment of the hooks
    EditableUse use = EditableUse::kWheel;
  };

  // Borrows what `parts` refers to. The directories are absolute and without symbolic links.
  Backend(Parts parts, Project project);

  // Makes the workspace. The environment of the hooks that follow.
  Status Prepare();
  void Use(BuildEnvironment environment) { environment_ = std::move(environment); }

  // What the backend wants besides [build-system].requires.
  Result<std::vector<pypi::Requirement>> Requirements();
  // The METADATA, when the backend can tell without building everything.
  Result<std::optional<std::string>> Metadata();
  // Builds, and returns the path of the one wheel.
  Result<std::string> Wheel();

 private:
  struct Answer;
  Result<Answer> Call(const std::string& hook, const std::string& output);
  Result<os::ProcessResult> RunHook(const std::vector<std::string>& command,
                                    const std::string& hook);
  os::Sandbox SandboxOf() const;
  std::map<std::string, std::string> Variables() const;
  std::string HookName(std::string_view kind) const;
  std::string OutputFile() const;
  // `what` with the last lines that were printed, the place of all of them, and what may help.
  Error Failed(ErrorCode code, const std::string& hook, const std::string& what);
  Error HookFailed(const std::string& hook, const std::string& why);

  Parts parts_;
  Project project_;
  BuildEnvironment environment_;
  bool is_isolated_ = true;
};

// The variables of the user that reach hooks, in order of their names: they decide what compilers
// make, so they are part of the identity of what is built.
std::map<std::string, std::string> CompilerVariables(const os::Environment& environment);

}  // namespace flowstone::build
