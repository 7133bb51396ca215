// InterpreterProbe: asks a Python executable what it is, and remembers the answer.
//
// Asking starts the interpreter (about 20 ms), so the answer is kept in the cache under the real
// path, with the stamp of the file; a file that changed is asked again. So is it kept that a file
// did not answer in time, lest every search waits for it. The question is one script that Pythons
// since 2.7 understand, run isolated and without `site`.
#pragma once

#include <cstdint>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/interpreter.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::install {

class InterpreterProbe {
 public:
  // Borrows both; they outlive the probe.
  InterpreterProbe(os::FileSystem& filesystem, os::ProcessRunner& processes, CacheLayout layout);

  // `executable` may be a symbolic link, a venv's Python or a script that starts one: the answer is
  // about the interpreter behind it. kNotFound: no such file. kInvalid: it is no interpreter, it
  // does not run, or it is one that Flowstone does not support; the message says which.
  Result<Interpreter> Probe(const std::string& executable);
  // The same, but one that did not answer in time before is not waited for again.
  Result<Interpreter> ProbeInSearch(const std::string& executable);
  // The same without a look at what is remembered, and remembering nothing: for files that are
  // going to be moved.
  Result<Interpreter> ProbeOnce(const std::string& executable);

 private:
  enum class Memory : std::uint8_t { kUsed, kUsedForAnswers, kIgnored };
  Result<Interpreter> ProbeWith(Memory memory, const std::string& executable);
  struct Answer;
  // The file that keeps the answer of that executable.
  std::string PlaceOf(const std::string& real_path);
  // The remembered answer of that file, or a new one, which is then remembered.
  Result<Answer> Recall(Memory memory, const std::string& real_path, const FileStamp& stamp);
  // Writes to the cache, whose failures only cost time.
  void Keep(const std::string& place, const std::string& text);
  Result<std::string> Ask(const std::string& real_path);

  os::FileSystem& filesystem_;
  os::ProcessRunner& processes_;
  CacheLayout layout_;
};

}  // namespace flowstone::install
