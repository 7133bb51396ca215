// Compiling Python sources to bytecode files.
//
// The files are those of PEP 552 that are never checked against their source ("unchecked hash"):
// they hold no time, so they stay valid wherever they are linked, and reading them costs no look at
// the source. The names in them are relative; Python puts in the place that it imports from. A file
// that does not compile is no error: Python would only fail when it is imported.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::install {

struct BytecodeJob {
  std::string source;      // absolute
  std::string target;      // absolute; its directory exists
  std::string name;        // of the source in tracebacks, until it is imported
  std::uint64_t size = 0;  // of the source
};

// What is left when a compiler takes too long or is killed from outside.
enum class Interruption : std::uint8_t {
  kLeavesOut,  // sources without bytecode: who was asked for it goes on
  kFails,      // nothing: it is done another time
};

struct CompilerOptions {
  std::size_t workers = 1;          // processes at a time that take many files each
  std::chrono::minutes timeout{2};  // of each, for some seconds of work
  Interruption interruption = Interruption::kLeavesOut;
};

// Compiles with the interpreter `python`. A target is there afterwards if its source compiled.
// `on_done` is called from several threads with the number of jobs that are through. kNotFound when
// there is no such interpreter, kIo when the disk is full, kCancelled for an interruption that
// fails.
Status CompileBytecode(os::ProcessRunner& processes, const std::string& python,
                       std::span<const BytecodeJob> jobs, const CompilerOptions& options,
                       const std::function<void(std::size_t)>& on_done);

}  // namespace flowstone::install
