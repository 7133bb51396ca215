#include "flowstone/cli/flow_launch.h"

#include "flowstone/base/text.h"
#include "flowstone/os/executable_path.h"
#include "flowstone/os/path.h"
#include "flowstone/os/replace_process.h"

namespace flowstone::cli {
namespace {

Result<std::string> FindLaunchingPython(const app::Machine& machine) {
  std::vector<std::string> candidates;
  if (const auto venv = machine.environment.GetNonEmpty("VIRTUAL_ENV")) {
    candidates.push_back(os::JoinPath(*venv, "bin/python"));
  }
  // An installed engine lies beside the Python that has the SDK.
  if (const auto engine = os::ExecutablePath()) {
    const std::string bin(os::DirName(*engine));
    candidates.push_back(os::JoinPath(bin, "python3"));
    candidates.push_back(os::JoinPath(bin, "python"));
  }
  const std::string path = machine.environment.Get("PATH").value_or("/usr/bin:/bin");
  for (const char* name : {"python3", "python"}) {
    for (const std::string_view directory : SplitText(path, ':')) {
      if (!directory.empty()) {
        candidates.push_back(os::JoinPath(directory, name));
      }
    }
  }
  for (const std::string& candidate : candidates) {
    const Result<os::FileInfo> info = machine.filesystem.Stat(candidate);
    if (info && info->type == os::FileType::kFile && (info->mode & 0111U) != 0) {
      return candidate;
    }
  }
  return Error{.code = ErrorCode::kNotFound,
               .message = "no python3 on PATH to run the flow with",
               .hints = {"activate a virtual environment, or run `/path/to/python flow.py`"}};
}

}  // namespace

bool IsFlowFile(const std::vector<std::string>& arguments) {
  return !arguments.empty() && arguments.front().ends_with(".py");
}

Status LaunchFlow(const app::Machine& machine, const std::vector<std::string>& arguments) {
  FLOWSTONE_LET(const std::string python, FindLaunchingPython(machine));
  const std::string file = os::AbsolutePath(machine.working_directory, arguments.front());
  FLOWSTONE_LET(const os::FileInfo info,
                Annotate(machine.filesystem.Stat(file), "while looking for the flow"));
  if (info.type != os::FileType::kFile) {
    return Error{.code = ErrorCode::kInvalid, .message = "'" + arguments.front() + "' is no file"};
  }
  std::vector<std::string> command = {python};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return os::ReplaceProcess(command, machine.environment.ToMap());
}

}  // namespace flowstone::cli
