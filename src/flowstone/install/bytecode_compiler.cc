#include "flowstone/install/bytecode_compiler.h"

#include <csignal>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/install/parallel.h"

namespace flowstone::install {
namespace {

// What one process takes: some seconds of work, so that its start does not count and the processes
// end at about the same time.
constexpr std::uint64_t kBatchBytes = std::uint64_t{4} << 20U;
constexpr std::size_t kBatchFiles = 400;
constexpr char kNoRoom = '!';

// Reads triples of source, target and name, each ended by a NUL, and answers each with one letter,
// so that the file is known at which a compiler was killed. A disk that takes no more is no fault
// of the source.
constexpr std::string_view kScript = R"python(
import sys
sys.path[:] = [entry for entry in sys.path if entry]
import errno, os, py_compile, warnings
warnings.simplefilter("ignore")
no_room = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}
fields = [os.fsdecode(field) for field in sys.stdin.buffer.read().split(b"\0")]
for source, target, name in zip(fields[0::3], fields[1::3], fields[2::3]):
    try:
        py_compile.compile(source, target, name, doraise=True, optimize=0,
                           invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        answer = "+"
    except Exception as error:
        answer = "-"
        if isinstance(error, OSError) and error.errno in no_room:
            sys.stdout.write("!")
            sys.exit(str(error))
    sys.stdout.write(answer)
    sys.stdout.flush()
)python";

using Jobs = std::span<const BytecodeJob>;

std::vector<Jobs> BatchesOf(Jobs jobs) {
  std::vector<Jobs> batches;
  std::size_t begin = 0;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    bytes += jobs[i].size;
    if (bytes >= kBatchBytes || i + 1 - begin == kBatchFiles || i + 1 == jobs.size()) {
      batches.push_back(jobs.subspan(begin, i + 1 - begin));
      begin = i + 1;
      bytes = 0;
    }
  }
  return batches;
}

std::string InputOf(Jobs jobs) {
  std::string input;
  for (const BytecodeJob& job : jobs) {
    for (const std::string* field : {&job.source, &job.target, &job.name}) {
      input += *field;
      input += '\0';
    }
  }
  return input;
}

// A crash is the fault of the source, or of the interpreter; these come from somebody else.
bool IsFromOutside(int signal) {
  return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
}

Status CompileBatch(os::ProcessRunner& processes, const std::string& python, Jobs jobs,
                    const CompilerOptions& options) {
  // No user's settings, no site-packages; a fixed hash seed, because sets of constants are written
  // in the order of their hashes.
  const os::ProcessSpec spec{.arguments = {python, "-s", "-S", "-B", "-c", std::string(kScript)},
                             .environment = {{"PYTHONHASHSEED", "0"}},
                             .directory = "/",
                             .descriptors = {}};
  while (!jobs.empty()) {
    Result<os::ProcessResult> result = processes.Run(spec, InputOf(jobs), options.timeout);
    const bool goes_on = options.interruption == Interruption::kLeavesOut;
    if (!result) {
      return result.error().code == ErrorCode::kCancelled && goes_on ? Ok()
                                                                     : Status(result.error());
    }
    if (result->output.ends_with(kNoRoom)) {
      return Error{.code = ErrorCode::kIo,
                   .message = "cannot write bytecode: " + std::string(TrimText(result->errors))};
    }
    const std::optional<int> signal = result->status.signal;
    if (signal && IsFromOutside(*signal) && !goes_on) {
      return Error{
          .code = ErrorCode::kCancelled,
          .message = "a compiler of bytecode was killed by signal " + std::to_string(*signal)};
    }
    const std::size_t answered = result->output.size();
    if (result->status.ok() || answered >= jobs.size()) {
      return Ok();
    }
    if (answered == 0 && !signal) {
      return Error{.code = ErrorCode::kIo,
                   .message = python + " cannot compile bytecode: " + result->errors};
    }
    jobs = jobs.subspan(answered + 1);  // behind the file that ended the compiler
  }
  return Ok();
}

}  // namespace

Status CompileBytecode(os::ProcessRunner& processes, const std::string& python,
                       std::span<const BytecodeJob> jobs, const CompilerOptions& options,
                       const std::function<void(std::size_t)>& on_done) {
  const std::vector<Jobs> batches = BatchesOf(jobs);
  return ForEachInParallel(batches.size(), options.workers, [&](std::size_t i) -> Status {
    FLOWSTONE_TRY(CompileBatch(processes, python, batches[i], options));
    on_done(batches[i].size());
    return Ok();
  });
}

}  // namespace flowstone::install
