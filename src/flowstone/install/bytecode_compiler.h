// Compiling Python sources to bytecode files.
//
// The files are those of PEP 552 that are never checked against their source ("unchecked hash"):
// they hold no time, so they stay valid wherever they are linked, and reading them costs no look at
// the source. The names in them are relative; Python puts in the place that it imports from. A file
// that does not compile is no error: Python would only fail when it is imported.
#pragma once

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

// Compiles with the interpreter `python`, in `workers` processes at a time that take many files
// each. A target is there afterwards if its source compiled. `on_done` is called from several
// threads with the number of jobs that are through. kNotFound when there is no such interpreter.
Status CompileBytecode(os::ProcessRunner& processes, const std::string& python,
                       std::span<const BytecodeJob> jobs, std::size_t workers,
                       const std::function<void(std::size_t)>& on_done);

}  // namespace flowstone::install
