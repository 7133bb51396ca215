#include "flowstone/install/bytecode_backlog.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "flowstone/base/progress.h"
#include "flowstone/base/text.h"
#include "flowstone/install/archive_cache.h"
#include "flowstone/install/archive_claim.h"
#include "flowstone/install/compilation_lock.h"
#include "flowstone/install/compiled_archives.h"
#include "flowstone/install/disk_space.h"
#include "flowstone/install/interpreter_probe.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/temp_dir.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kWishFirstLine = "flowstone-bytecode-wish 1";
// What stays free on a disk beside what is compiled unasked.
constexpr std::uint64_t kRoomForOthers = std::uint64_t{64} << 20U;
// With the lowest priority, some seconds of work may take long.
constexpr CompilerOptions kUnhurried{
    .workers = 1, .timeout = std::chrono::minutes(30), .interruption = Interruption::kFails};

std::optional<BytecodeWish> ParseWish(std::string_view text) {
  constexpr std::size_t wheels_begin = 3;
  const std::vector<std::string_view> lines = SplitLines(text);
  if (lines.size() <= wheels_begin || lines[0] != kWishFirstLine || !os::IsAbsolutePath(lines[1])) {
    return std::nullopt;
  }
  BytecodeWish wish{
      .python = std::string(lines[1]), .cache_tag = std::string(lines[2]), .wheels = {}};
  for (std::size_t i = wheels_begin; i < lines.size(); ++i) {
    const Result<Digest> wheel = Digest::Parse(lines[i]);
    if (!wheel) {
      return std::nullopt;
    }
    wish.wheels.push_back(*wheel);
  }
  return wish;
}

// Archives that are in the cache, and no others.
class CachedArchives final : public ArchiveProvider {
 public:
  explicit CachedArchives(ArchiveCache& cache) : cache_(cache) {}

  Result<std::vector<ArchivePlan>> Provide(std::span<const WheelArtifact> wheels) override {
    std::vector<ArchivePlan> plans;
    for (const WheelArtifact& wheel : wheels) {
      FLOWSTONE_LET(std::optional<ArchivePlan> plan, cache_.Find(wheel.digest));
      if (!plan) {
        return Error{.code = ErrorCode::kNotFound,
                     .message = "the archive of " + wheel.digest.ToString() + " is gone"};
      }
      plans.push_back(*std::move(plan));
    }
    return plans;
  }

 private:
  ArchiveCache& cache_;
};

// Compiles what one wish is about.
class WishFulfilment {
 public:
  WishFulfilment(os::FileSystem& filesystem, os::ProcessRunner& processes,
                 const CacheLayout& layout, const Interpreter& interpreter)
      : filesystem_(filesystem),
        layout_(layout),
        interpreter_(interpreter),
        cache_(filesystem, layout),
        cached_(cache_),
        compiled_({.filesystem = filesystem,
                   .processes = processes,
                   .cache = cache_,
                   .archives = cached_,
                   .progress = progress_,
                   .interpreter = interpreter,
                   .compiler = kUnhurried},
                  BytecodeUse::kCompile) {}

  Status Run(const std::vector<Digest>& wheels) {
    FLOWSTONE_LET(const ArchiveClaim claim, ArchiveClaim::Make(filesystem_, layout_, wheels));
    for (const Digest& wheel : wheels) {
      Status compiled = Compile(wheel);
      // What is wrong with one archive says nothing about the others.
      if (!compiled && compiled.error().code != ErrorCode::kNotFound &&
          compiled.error().code != ErrorCode::kCorrupt) {
        return compiled;
      }
    }
    return Ok();
  }

 private:
  Status Compile(const Digest& wheel) {
    FLOWSTONE_LET(const std::optional<CompilationLock> lock,
                  CompilationLock::Try(filesystem_, layout_, wheel, interpreter_.cache_tag));
    if (!lock) {
      return Ok();
    }
    FLOWSTONE_LET(const bool is_compiled,
                  os::Exists(filesystem_, layout_.ArchiveDirectory(wheel, interpreter_.cache_tag)));
    if (!is_compiled) {
      FLOWSTONE_TRY(CheckRoom(wheel));
    }
    WheelArtifact artifact;
    artifact.digest = wheel;
    FLOWSTONE_TRY(compiled_.Provide({&artifact, 1}));
    return Ok();
  }

  // Bytecode takes about what its source does.
  Status CheckRoom(const Digest& wheel) {
    FLOWSTONE_LET(const std::optional<ArchivePlan> plan, cache_.Find(wheel));
    std::uint64_t bytes = kRoomForOthers;
    for (const PlannedDirectory& directory :
         plan ? plan->directories : std::vector<PlannedDirectory>()) {
      for (const PlannedFile& file : directory.files) {
        bytes += file.name.ends_with(".py") ? RoundedToBlocks(file.size) : 0;
      }
    }
    return CheckDiskSpace(filesystem_, layout_.root(), bytes);
  }

  os::FileSystem& filesystem_;
  const CacheLayout& layout_;
  const Interpreter& interpreter_;
  NoProgress progress_;
  ArchiveCache cache_;
  CachedArchives cached_;
  CompiledArchives compiled_;
};

Status Fulfil(os::FileSystem& filesystem, os::ProcessRunner& processes, const CacheLayout& layout,
              const BytecodeWish& wish) {
  // Nothing is remembered: with the lowest priority it may not answer in time, and is no worse for
  // that.
  FLOWSTONE_LET(const Interpreter interpreter,
                InterpreterProbe(filesystem, processes, layout).ProbeOnce(wish.python));
  if (interpreter.cache_tag != wish.cache_tag) {
    return Ok();  // another Python is there now
  }
  return WishFulfilment(filesystem, processes, layout, interpreter).Run(wish.wheels);
}

}  // namespace

Status BytecodeBacklog::Add(const BytecodeWish& wish) {
  std::string text =
      std::string(kWishFirstLine) + "\n" + wish.python + "\n" + wish.cache_tag + "\n";
  for (const Digest& wheel : wish.wheels) {
    text += wheel.ToString() + "\n";
  }
  FLOWSTONE_TRY(os::MakeDirectories(filesystem_, layout_.bytecode_wishes()));
  return os::ReplaceFile(filesystem_, os::JoinPath(layout_.bytecode_wishes(), os::UniqueName()),
                         text);
}

Result<std::optional<BytecodeWish>> BytecodeBacklog::Take() {
  FLOWSTONE_LET(const std::vector<std::string> paths, Paths());
  for (const std::string& path : paths) {
    const Result<std::string> text = filesystem_.ReadFile(path);
    if (!text && text.error().code != ErrorCode::kNotFound) {
      return text.error();
    }
    const Status removed = filesystem_.RemoveFile(path);
    if (!removed && removed.error().code != ErrorCode::kNotFound) {
      return removed.error();
    }
    std::optional<BytecodeWish> wish = text && removed ? ParseWish(*text) : std::nullopt;
    if (wish) {
      return wish;
    }
  }
  return std::optional<BytecodeWish>();
}

Result<bool> BytecodeBacklog::IsEmpty() {
  FLOWSTONE_LET(const std::vector<std::string> paths, Paths());
  return paths.empty();
}

// Not those that are still being written.
Result<std::vector<std::string>> BytecodeBacklog::Paths() {
  std::vector<std::string> paths;
  const Result<std::vector<os::DirectoryEntry>> entries =
      filesystem_.ListDirectory(layout_.bytecode_wishes());
  if (!entries) {
    return entries.error().code == ErrorCode::kNotFound
               ? paths
               : Result<std::vector<std::string>>(entries.error());
  }
  for (const os::DirectoryEntry& entry : *entries) {
    if (!entry.name.starts_with('.')) {
      paths.push_back(os::JoinPath(layout_.bytecode_wishes(), entry.name));
    }
  }
  return paths;
}

Status WorkOffBacklog(os::FileSystem& filesystem, os::ProcessRunner& processes,
                      const CacheLayout& layout) {
  BytecodeBacklog backlog(filesystem, layout);
  while (true) {
    FLOWSTONE_LET(const bool is_empty, backlog.IsEmpty());
    if (is_empty) {
      return Ok();
    }
    FLOWSTONE_TRY(os::MakeDirectories(filesystem, layout.locks()));
    // Let go of before the next look: who came meanwhile found it held, and left.
    const Result<os::FileLock> alone =
        os::FileLock::Acquire(layout.BytecodeLock(), os::LockMode::kExclusive, os::LockWait::kTry);
    if (!alone) {
      return alone.error().code == ErrorCode::kConflict ? Ok() : Status(alone.error());
    }
    while (true) {
      FLOWSTONE_LET(const std::optional<BytecodeWish> wish, backlog.Take());
      if (!wish) {
        break;
      }
      static_cast<void>(Fulfil(filesystem, processes, layout, *wish));
    }
  }
}

}  // namespace flowstone::install
