// CompiledArchives: archives with their bytecode.
//
// For a wheel and a cache tag ("cpython-311") there is at most one: a directory like the archive's
// own, made of hard links to its files, with the `__pycache__` directories that this Python would
// make, and a plan of all. It is compiled once, named by content, published by one rename, and
// composed into environments as if the wheel had brought it.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/install/archive_cache.h"
#include "flowstone/install/archive_plan.h"
#include "flowstone/install/bytecode_compiler.h"
#include "flowstone/install/bytecode_use.h"
#include "flowstone/install/interpreter.h"
#include "flowstone/install/parallel.h"
#include "flowstone/install/wheel_fetcher.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::install {

// Whether there are sources in the archive that would get bytecode.
bool LacksBytecode(const ArchivePlan& plan, const std::string& cache_tag);

class CompiledArchives final : public ArchiveProvider {
 public:
  // Borrows everything.
  struct Parts {
    os::FileSystem& filesystem;
    os::ProcessRunner& processes;
    ArchiveCache& cache;
    ArchiveProvider& archives;  // as they were unpacked
    ProgressSink& progress;
    const Interpreter& interpreter;
    CompilerOptions compiler = {.workers = ProcessorCount()};
  };
  CompiledArchives(Parts parts, BytecodeUse use) : parts_(parts), use_(use) {}

  // Archives with bytecode are taken from the cache; `archives` is asked for the others. Its
  // errors, and what keeps the interpreter from compiling.
  Result<std::vector<ArchivePlan>> Provide(std::span<const WheelArtifact> wheels) override;

 private:
  // The plan as it lies in the cache, without what was only said this time.
  Result<ArchivePlan> PlanToCompile(const ArchivePlan& plan);
  // Replaces the plans by those of the compiled archives.
  Status Compile(std::span<ArchivePlan> plans);
  Status CompileTogether(std::span<ArchivePlan* const> plans);

  Parts parts_;
  BytecodeUse use_;
  std::size_t files_ = 0;  // that this compilation knows of so far
};

}  // namespace flowstone::install
