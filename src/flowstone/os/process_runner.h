// ProcessRunner: the one way to other programs. PosixProcessRunner is the real one (posix_spawn or
// fork/exec without a shell); FakeProcessRunner answers from a function that the test gives.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/sandbox.h"

namespace flowstone::os {

struct InheritedDescriptor {
  int parent_fd = -1;  // open in this process; stays open and owned by the caller
  int child_fd = -1;   // its number in the child
};

struct ProcessSpec {
  std::vector<std::string> arguments;  // arguments[0] is the program; a name without "/" is
                                       // searched on `environment`'s PATH
  std::map<std::string, std::string> environment;  // the whole environment of the child
  std::string directory;                           // working directory; empty for ours
  std::vector<InheritedDescriptor> descriptors;  // for Start only; every other descriptor is closed
  bool new_process_group = false;       // for Start only: the child leads a group of its own
  std::optional<Sandbox> sandbox = {};  // confines the child, which then leads a group of its own
  // Directories over which the child has a layer of its own (private_layer.h); not in a sandbox.
  std::vector<std::string> private_layer = {};
  std::size_t output_limit = SIZE_MAX;  // for Run only: bytes of each output
};

// How a process ended: exactly one of the two.
struct ExitStatus {
  std::optional<int> code;    // exit(2)
  std::optional<int> signal;  // killed by this signal
  bool ok() const { return code == 0; }
  friend bool operator==(const ExitStatus&, const ExitStatus&) = default;
};

struct ProcessResult {
  ExitStatus status;
  std::string output;  // stdout
  std::string errors;  // stderr
};

// A started process. The destructor kills (SIGKILL) and reaps it when it still runs.
class Process {
 public:
  virtual ~Process() = default;
  virtual int pid() const = 0;
  // The status when it has ended, nothing while it runs. Does not block.
  virtual Result<std::optional<ExitStatus>> Poll() = 0;
  virtual Result<ExitStatus> Wait() = 0;
  // To the process, or to its group when it leads one; one in a sandbox is killed, whatever the
  // signal. Ok when it has already ended.
  virtual Status Signal(int signal) = 0;
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  // Runs to the end with `input` as standard input and both outputs captured. kNotFound when the
  // program is not there; kCancelled when `timeout` passes, kInvalid when it writes more than
  // `output_limit` (the process group is killed); a non-zero exit is a result; kDenied when a
  // sandbox or a private layer cannot be had.
  virtual Result<ProcessResult> Run(const ProcessSpec& spec, const std::string& input,
                                    std::chrono::milliseconds timeout) = 0;
  // Starts and returns at once. Standard streams not named in `descriptors` are /dev/null.
  virtual Result<std::unique_ptr<Process>> Start(const ProcessSpec& spec) = 0;
};

}  // namespace flowstone::os
