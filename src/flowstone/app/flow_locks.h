// FlowLocks: the distinct environments that the steps of a flow ask for, each with the lock file
// that gives it, if any. Looking has no side effects and opens no network.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/environment_wish.h"
#include "flowstone/app/lock_files.h"
#include "flowstone/base/error.h"
#include "flowstone/base/result.h"
#include "flowstone/flow/description.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::app {

struct WishedEnvironment {
  EnvironmentWish wish = {};
  std::vector<std::string> steps = {};  // that share it, in the order of the flow
  // From the lock file that `lock=` names or that lies beside the flow.
  std::optional<LockedEnvironment> given = {};
  // Why the lock file does not answer the wish any more; empty when it does.
  std::vector<std::string> mismatches = {};

  // "step train", "steps join, train"
  std::string Asker() const;
  // kConflict: the lock file is stale, how, and the command that mends it. REQUIRES: mismatches.
  Error StaleLock(const flow::FlowDescription& flow) const;
};

// In the order of their first steps. `lock_files` are those beside the flow; with none, only
// `lock=` counts.
Result<std::vector<WishedEnvironment>> DistinctEnvironments(
    EnvironmentService& service, os::FileSystem& filesystem, const flow::FlowDescription& flow,
    const std::map<std::string, std::optional<EnvironmentWish>>& wishes,
    const FlowLockFiles& lock_files);

}  // namespace flowstone::app
