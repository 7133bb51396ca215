#include "flowstone/install/bytecode_compiler.h"

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/install/parallel.h"

namespace flowstone::install {
namespace {

// What one process takes: some seconds of work, so that its start does not count and the processes
// end at about the same time.
constexpr std::uint64_t kBatchBytes = std::uint64_t{4} << 20U;
constexpr std::size_t kBatchFiles = 400;
// A batch takes two seconds; a source that keeps the compiler longer is left out, with those behind
// it.
constexpr std::chrono::minutes kBatchTimeout{2};

// Reads triples of source, target and name, each ended by a NUL, and answers each with one letter,
// so that the file is known at which a compiler was killed.
constexpr std::string_view kScript = R"python(
import sys
sys.path[:] = [entry for entry in sys.path if entry]
import os, py_compile, warnings
warnings.simplefilter("ignore")
fields = [os.fsdecode(field) for field in sys.stdin.buffer.read().split(b"\0")]
for source, target, name in zip(fields[0::3], fields[1::3], fields[2::3]):
    try:
        py_compile.compile(source, target, name, doraise=True, optimize=0,
                           invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        answer = "+"
    except Exception:
        answer = "-"
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

Status CompileBatch(os::ProcessRunner& processes, const std::string& python, Jobs jobs) {
  // No user's settings, no site-packages; a fixed hash seed, because sets of constants are written
  // in the order of their hashes.
  const os::ProcessSpec spec{.arguments = {python, "-s", "-S", "-B", "-c", std::string(kScript)},
                             .environment = {{"PYTHONHASHSEED", "0"}},
                             .directory = "/",
                             .descriptors = {}};
  while (!jobs.empty()) {
    Result<os::ProcessResult> result = processes.Run(spec, InputOf(jobs), kBatchTimeout);
    if (!result) {
      return result.error().code == ErrorCode::kCancelled ? Ok() : Status(result.error());
    }
    const std::size_t answered = result->output.size();
    if (result->status.ok() || answered >= jobs.size()) {
      return Ok();
    }
    if (answered == 0 && !result->status.signal) {
      return Error{.code = ErrorCode::kIo,
                   .message = python + " cannot compile bytecode: " + result->errors};
    }
    jobs = jobs.subspan(answered + 1);  // behind the file that ended the compiler
  }
  return Ok();
}

}  // namespace

Status CompileBytecode(os::ProcessRunner& processes, const std::string& python,
                       std::span<const BytecodeJob> jobs, std::size_t workers,
                       const std::function<void(std::size_t)>& on_done) {
  const std::vector<Jobs> batches = BatchesOf(jobs);
  return ForEachInParallel(batches.size(), workers, [&](std::size_t i) -> Status {
    FLOWSTONE_TRY(CompileBatch(processes, python, batches[i]));
    on_done(batches[i].size());
    return Ok();
  });
}

}  // namespace flowstone::install
