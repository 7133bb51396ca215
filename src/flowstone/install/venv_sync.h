// VenvSync: makes a virtual environment that people use have the packages of a lock, and changes
// only what differs (venv_changes.h).
//
// What is going to happen is known and found possible before a byte is written. Files go only when
// the RECORD of a package that goes lists them, they lie in the environment, and no package that
// stays lists them too. A file that nobody owns is never replaced by another.
//
// A package disappears from the sight of Python before its files go, and appears when its files are
// there: meanwhile its dist-info directory waits in `.flowstone-sync/` of the environment. After a
// kill -9 the next synchronisation finds it there, and removes what it lists.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/environment_plan.h"
#include "flowstone/install/interpreter.h"
#include "flowstone/install/link_mode.h"
#include "flowstone/install/venv.h"
#include "flowstone/install/venv_changes.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

enum class SyncDepth : std::uint8_t {
  kLook,   // say what would happen
  kApply,  // do it
};

struct VenvSyncOptions {
  SyncDepth depth = SyncDepth::kApply;
  // None: clones where the file system has them, else hard links, else copies.
  std::optional<LinkMode> link_mode = {};
};

struct VenvSyncReport {
  VenvPlace before = VenvPlace::kVacant;  // what was at the directory
  std::vector<VenvChange> changes;        // of all packages, also those that stay; by name
  std::vector<std::string> warnings;

  bool is_current() const;
};

struct VenvSyncParts {
  os::FileSystem& filesystem;
  const CacheLayout& layout;
  ProgressSink& progress;
};

// `directory` is absolute; `packages` are sorted by name and unpacked. kConflict names what is in
// the way; kInvalid when the directory is no virtual environment.
Result<VenvSyncReport> SyncVenv(const VenvSyncParts& parts, const std::string& directory,
                                const Interpreter& interpreter,
                                std::span<const PlannedPackage> packages,
                                const VenvSyncOptions& options);

}  // namespace flowstone::install
