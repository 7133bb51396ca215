// The `flowstone` program: makes the machine from the process and picks the command line.
//
//   flowstone COMMAND …                      environments, cache, datastore
//   flowstone flow.py ARGUMENT…              the same as `python flow.py ARGUMENT…`
//   flowstone --description-fd N -- ARGUMENT…   what the SDK executes after describing a flow
#include <charconv>
#include <csignal>
#include <exception>
#include <string>
#include <unistd.h>
#include <vector>

#include "flowstone/app/machine.h"
#include "flowstone/cli/console.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/flow_command_line.h"
#include "flowstone/cli/flow_launch.h"
#include "flowstone/flow/description.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/heap.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/posix_process_runner.h"
#include "flowstone/os/standard_streams.h"
#include "flowstone/os/system_clock.h"
#include "flowstone/os/working_directory.h"

namespace flowstone::cli {
namespace {

int FailToStart(Console& console, const Error& error) {
  console.PrintError(error);
  return error.code == ErrorCode::kInvalid ? 2 : 1;
}

// The description that the SDK left in the file of descriptor `text`.
Result<flow::FlowDescription> ReadDescription(const std::string& text) {
  int descriptor = -1;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), descriptor);
  if (code != std::errc() || end != text.data() + text.size() || descriptor < 0) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "--description-fd is '" + text + "', not a file descriptor"};
  }
  const os::UniqueFd owned(descriptor);
  FLOWSTONE_LET(const std::string json, os::ReadToEnd(descriptor, "the flow's description"));
  return flow::ParseFlowDescription(json);
}

int Dispatch(const app::Machine& machine, std::vector<std::string> arguments, Console& console) {
  if (arguments.size() >= 2 && arguments[0] == "--description-fd") {
    const Result<flow::FlowDescription> flow = ReadDescription(arguments[1]);
    if (!flow) {
      return FailToStart(console, flow.error());
    }
    const std::size_t skip = arguments.size() > 2 && arguments[2] == "--" ? 3 : 2;
    arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(skip));
    return RunFlowCommandLine(machine, *flow, arguments, console);
  }
  if (IsFlowFile(arguments)) {
    const Status failed = LaunchFlow(machine, arguments);  // returns only when it could not
    return FailToStart(console, failed.error());
  }
  return RunEngineCommandLine(machine, arguments, console);
}

int Main(int argc, char** argv) {
  os::HoldStandardStreams();
  os::ShareOneHeap();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error of write(2), not our end
  os::PosixFileSystem filesystem;
  os::PosixProcessRunner processes;
  os::SystemClock clock;
  const os::Environment environment = os::Environment::FromProcess();
  Console console(environment);
  try {
    const Result<std::string> directory = os::WorkingDirectory();
    if (!directory) {
      return FailToStart(console, directory.error());
    }
    const app::Machine machine{.filesystem = filesystem,
                               .processes = processes,
                               .clock = clock,
                               .environment = environment,
                               .working_directory = *directory};
    const int status = Dispatch(machine, {argv + 1, argv + argc}, console);
    if (const Status written = console.OutputStatus(); !written) {
      console.PrintError(written.error());
      return status == 0 ? 1 : status;
    }
    return status;
  } catch (const std::exception& bug) {
    console.PrintError({.code = ErrorCode::kInternal,
                        .message = bug.what(),
                        .hints = {"this is a bug in Flowstone: please report it with this line"}});
    return 1;
  }
}

}  // namespace
}  // namespace flowstone::cli

int main(int argc, char** argv) {
  return flowstone::cli::Main(argc, argv);
}
