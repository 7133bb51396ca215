// FlowLockPlan: the lock files that a flow is to have beside it: one `pylock.toml` when all of its
// environments are one, else a `pylock.STEP.toml` for each distinct one, named after its first
// step; or the file that `lock=` names. Versions of the files that are there are kept while they
// hold.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/environment_wish.h"
#include "flowstone/app/lock_files.h"
#include "flowstone/base/result.h"
#include "flowstone/flow/description.h"
#include "flowstone/lock/lock.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::app {

struct PlannedLock {
  std::string name = {};  // of the file, relative to the flow's directory
  std::string path = {};  // absolute
  std::vector<std::string> steps = {};
  LockedEnvironment locked = {};
  std::string text = {};                   // what the file is to hold
  std::optional<std::string> before = {};  // what it holds
  // Of another tool, or named by `lock=` without packages: it is used and never written.
  bool is_given = false;

  bool IsCurrent() const { return is_given || before == text; }
};

struct FlowLockPlan {
  std::vector<PlannedLock> locks;       // in the order of their first steps
  std::vector<LockFile> obsolete = {};  // written for this flow, and not wanted any more
};

// Why the files are not what they should be, one sentence each; empty when they are. Resolves
// nothing and opens no network.
Result<std::vector<std::string>> StaleFlowLocks(
    EnvironmentService& service, os::FileSystem& filesystem, const flow::FlowDescription& flow,
    const std::map<std::string, std::optional<EnvironmentWish>>& wishes);

// Resolves what the files do not answer. kConflict when a file that is in the way is not of this
// flow.
Result<FlowLockPlan> PlanFlowLocks(
    EnvironmentService& service, os::FileSystem& filesystem, const flow::FlowDescription& flow,
    const std::map<std::string, std::optional<EnvironmentWish>>& wishes);

// Each file by one rename; then the obsolete ones are removed.
Status WriteFlowLocks(os::FileSystem& filesystem, const FlowLockPlan& plan);

}  // namespace flowstone::app
