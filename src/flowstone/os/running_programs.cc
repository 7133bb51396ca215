#include "flowstone/os/running_programs.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/os/path.h"
#include "flowstone/os/posix_filesystem.h"

namespace flowstone::os {
namespace {

constexpr std::string_view kVenvVariable = "VIRTUAL_ENV=";

// What /proc has of a process; empty when it ended, or is of another user.
std::string OfProcess(int pid, const char* name) {
  PosixFileSystem files;
  Result<std::string> text = files.ReadFile("/proc/" + std::to_string(pid) + "/" + name);
  return text ? *std::move(text) : "";
}

std::optional<int> PidOf(std::string_view name) {
  int pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  const bool is_number = error == std::errc() && end == name.data() + name.size();
  return is_number && pid > 0 ? std::optional(pid) : std::nullopt;
}

}  // namespace

RunningPrograms RunningPrograms::Look() {
  RunningPrograms programs;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry("/proc", failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const std::optional<int> pid = PidOf(entry->path().filename().native());
    if (!pid) {
      continue;
    }
    const std::string command = OfProcess(*pid, "cmdline");
    const std::string program = command.substr(0, command.find('\0'));
    if (IsAbsolutePath(program)) {
      programs.traces_.push_back({.pid = *pid, .path = program});
    }
    const std::string variables = OfProcess(*pid, "environ");
    for (const std::string_view variable : SplitText(variables, '\0')) {
      if (variable.starts_with(kVenvVariable)) {
        programs.traces_.push_back(
            {.pid = *pid, .path = std::string(variable.substr(kVenvVariable.size()))});
      }
    }
  }
  return programs;
}

std::optional<LockHolder> RunningPrograms::FindIn(const std::string& directory) const {
  const auto found = std::ranges::find_if(
      traces_, [&](const Trace& trace) { return IsWithin(directory, trace.path); });
  if (found == traces_.end()) {
    return std::nullopt;
  }
  return LockHolder{.pid = found->pid,
                    .program = std::string(TrimText(OfProcess(found->pid, "comm"))),
                    .since_ns = 0};
}

}  // namespace flowstone::os
