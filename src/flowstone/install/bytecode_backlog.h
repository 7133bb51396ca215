// BytecodeBacklog: archives that wait for being compiled when the machine has nothing else to do.
//
// Whoever makes an environment of archives without bytecode leaves a wish, a file in the cache
// (docs/formats/cache.md), and starts a process that works the backlog off. One process per cache
// does; the others leave at once, because it looks again before it ends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::install {

struct BytecodeWish {
  std::string python;     // absolute path of the interpreter that compiles
  std::string cache_tag;  // that it had
  std::vector<Digest> wheels;
  friend bool operator==(const BytecodeWish&, const BytecodeWish&) = default;
};

class BytecodeBacklog {
 public:
  // Borrows both; they outlive the backlog.
  BytecodeBacklog(os::FileSystem& filesystem, const CacheLayout& layout)
      : filesystem_(filesystem), layout_(layout) {}

  // One whose path has a line break makes no sense to Take.
  Status Add(const BytecodeWish& wish);
  // Takes one out: nobody else gets it. What makes no sense is removed.
  Result<std::optional<BytecodeWish>> Take();
  Result<bool> IsEmpty();

 private:
  Result<std::vector<std::string>> Paths();

  os::FileSystem& filesystem_;
  const CacheLayout& layout_;
};

// Works the backlog off, one archive at a time. Returns at once when another process does, Ok. What
// cannot be compiled now (the archive or the interpreter is gone, the disk is full, a compiler was
// killed) is left as it was: whoever makes an environment of it wishes it again. Errors are those
// of the backlog itself. `filesystem` must be that of this machine: the locks are.
Status WorkOffBacklog(os::FileSystem& filesystem, os::ProcessRunner& processes,
                      const CacheLayout& layout);

}  // namespace flowstone::install
