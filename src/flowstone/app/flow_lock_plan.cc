#include "flowstone/app/flow_lock_plan.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "flowstone/app/flow_locks.h"
#include "flowstone/base/text.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/named_file.h"
#include "flowstone/os/path.h"
#include "flowstone/resolve/request_record.h"

namespace flowstone::app {
namespace {

// Steps that wish for the same share a file, whichever files gave it to them before.
std::vector<WishedEnvironment> JoinEqualWishes(std::vector<WishedEnvironment> distinct) {
  std::vector<WishedEnvironment> joined;
  for (WishedEnvironment& wished : distinct) {
    const auto known = std::ranges::find(joined, wished.wish, &WishedEnvironment::wish);
    if (known == joined.end()) {
      joined.push_back(std::move(wished));
    } else {
      known->steps.insert(known->steps.end(), wished.steps.begin(), wished.steps.end());
    }
  }
  return joined;
}

bool IsOurs(const lock::Lock& lock) {
  return lock.created_by == lock::kCreatedBy;
}

// Whether the environment has a lock that nobody but its maker may change.
bool IsTakenAsItIs(const WishedEnvironment& wished) {
  const bool names_only_a_lock = !wished.wish.lock_file.empty() &&
                                 wished.wish.requirements.empty() &&
                                 wished.wish.constraints.empty();
  return wished.given && (names_only_a_lock || !IsOurs(wished.given->lock));
}

class Planner {
 public:
  Planner(EnvironmentService& service, os::FileSystem& filesystem,
          const flow::FlowDescription& flow)
      : service_(service),
        filesystem_(filesystem),
        flow_(flow),
        directory_(os::DirName(flow.file)) {}

  Status Read(const std::map<std::string, std::optional<EnvironmentWish>>& wishes) {
    FLOWSTONE_LET(files_, FlowLockFiles::Read(filesystem_, directory_, flow_.name));
    FLOWSTONE_LET(std::vector<WishedEnvironment> distinct,
                  DistinctEnvironments(service_, filesystem_, flow_, wishes, files_));
    wished_ = JoinEqualWishes(std::move(distinct));
    unnamed_ = static_cast<std::size_t>(std::ranges::count_if(
        wished_, [](const WishedEnvironment& wished) { return wished.wish.lock_file.empty(); }));
    return Ok();
  }

  std::vector<std::string> Stale() const {
    std::vector<std::string> reasons;
    for (const WishedEnvironment& wished : wished_) {
      const std::string name = NameOf(wished);
      if (!wished.given) {
        reasons.push_back("there is no " + name + " for " + wished.Asker());
        continue;
      }
      for (const std::string& mismatch : wished.mismatches) {
        reasons.push_back(wished.given->file + " for " + wished.Asker() + ": " + mismatch);
      }
      if (wished.mismatches.empty() && !IsTakenAsItIs(wished)) {
        AddNaming(wished, name, reasons);
      }
    }
    for (const LockFile& file : Obsolete()) {
      reasons.push_back(file.name + " is for no step any more");
    }
    return reasons;
  }

  Result<FlowLockPlan> Plan() {
    for (const WishedEnvironment& wished : wished_) {
      if (wished.given && service_.lock_use() != LockUse::kUpgrade) {
        service_.Prefer(wished.given->lock);
      }
    }
    FlowLockPlan plan;
    for (WishedEnvironment& wished : wished_) {
      FLOWSTONE_LET(PlannedLock planned, PlanOne(wished));
      plan.locks.push_back(std::move(planned));
    }
    plan.obsolete = Obsolete();
    return plan;
  }

 private:
  std::string NameOf(const WishedEnvironment& wished) const {
    return wished.wish.lock_file.empty() ? LockFileName(wished.steps.front(), unnamed_)
                                         : wished.wish.lock_file;
  }

  // The file answers, but says that it is for other steps, or has another name.
  void AddNaming(const WishedEnvironment& wished, const std::string& name,
                 std::vector<std::string>& reasons) const {
    if (os::BaseName(name) != wished.given->file) {
      reasons.push_back(wished.given->file + " should be called " + name);
      return;
    }
    std::vector<std::string> steps = wished.steps;
    std::ranges::sort(steps);
    const auto& tool = wished.given->lock.tool;
    if (!tool || tool->flow != flow_.name || tool->steps != steps) {
      reasons.push_back(wished.given->file + " does not say that it is for " + wished.Asker());
    }
  }

  Result<PlannedLock> PlanOne(WishedEnvironment& wished) {
    PlannedLock planned{.name = NameOf(wished), .path = {}, .steps = wished.steps, .locked = {}};
    planned.path = os::AbsolutePath(directory_, planned.name);
    if (IsTakenAsItIs(wished)) {
      if (!wished.mismatches.empty()) {
        return wished.StaleLock(flow_);
      }
      planned.name = wished.given->file;
      planned.locked = *std::move(wished.given);
      planned.text = planned.locked.text;
      planned.is_given = true;
      return planned;
    }
    FLOWSTONE_LET(planned.before, ReadOwn(planned.path));
    FLOWSTONE_LET(planned.locked, LockOf(wished));
    Sign(wished, planned.locked);
    planned.text = planned.locked.text;
    return planned;
  }

  Result<LockedEnvironment> LockOf(WishedEnvironment& wished) {
    if (wished.given && wished.mismatches.empty() && service_.keeps_locks()) {
      return *std::move(wished.given);
    }
    return Annotate(service_.Lock(wished.wish, wished.Asker()),
                    "while resolving the environment of " + wished.Asker());
  }

  // Says in the lock whom it is for, and who asks for what in it.
  void Sign(const WishedEnvironment& wished, LockedEnvironment& locked) const {
    lock::ToolTable& tool = locked.lock.tool ? *locked.lock.tool : locked.lock.tool.emplace();
    tool.flow = flow_.name;
    tool.steps = wished.steps;
    std::ranges::sort(tool.steps);
    lock::ToolTable record =
        resolve::RecordOf(service_.RequestOf(wished.wish, wished.Asker(), locked.interpreter));
    tool.requirements = std::move(record.requirements);
    tool.constraints = std::move(record.constraints);
    tool.overrides = std::move(record.overrides);
    tool.excludes = std::move(record.excludes);
    locked.text = lock::WriteLock(locked.lock);
  }

  // The text of the file at `path`, which must be a lock of this flow, or of none and of ours.
  Result<std::optional<std::string>> ReadOwn(const std::string& path) const {
    FLOWSTONE_LET(const bool exists, os::Exists(filesystem_, path));
    if (!exists) {
      return std::optional<std::string>();
    }
    FLOWSTONE_LET(LockFile file, ReadLockFile(filesystem_, path));
    const bool is_of_another_flow =
        file.lock.tool && !file.lock.tool->flow.empty() && file.lock.tool->flow != flow_.name;
    if (is_of_another_flow || !IsOurs(file.lock)) {
      return Error{
          .code = ErrorCode::kConflict,
          .message = file.name + " is in the way: it is the lock of " +
                     (is_of_another_flow ? file.lock.tool->flow : file.lock.created_by),
          .hints = {"move it, or name another file with @pypi(lock=\"pylock.NAME.toml\")"}};
    }
    return std::optional(std::move(file.text));
  }

  std::vector<LockFile> Obsolete() const {
    std::vector<LockFile> obsolete;
    for (const LockFile* file : files_.WrittenForFlow()) {
      const bool is_wanted = std::ranges::any_of(wished_, [&](const WishedEnvironment& wished) {
        return os::AbsolutePath(directory_, NameOf(wished)) == file->path;
      });
      if (!is_wanted) {
        obsolete.push_back(*file);
      }
    }
    return obsolete;
  }

  EnvironmentService& service_;
  os::FileSystem& filesystem_;
  const flow::FlowDescription& flow_;
  const std::string directory_;
  FlowLockFiles files_;
  std::vector<WishedEnvironment> wished_;
  std::size_t unnamed_ = 0;  // environments whose file the flow does not name
};

}  // namespace

Result<std::vector<std::string>> StaleFlowLocks(
    EnvironmentService& service, os::FileSystem& filesystem, const flow::FlowDescription& flow,
    const std::map<std::string, std::optional<EnvironmentWish>>& wishes) {
  Planner planner(service, filesystem, flow);
  FLOWSTONE_TRY(planner.Read(wishes));
  return planner.Stale();
}

Result<FlowLockPlan> PlanFlowLocks(
    EnvironmentService& service, os::FileSystem& filesystem, const flow::FlowDescription& flow,
    const std::map<std::string, std::optional<EnvironmentWish>>& wishes) {
  Planner planner(service, filesystem, flow);
  FLOWSTONE_TRY(planner.Read(wishes));
  return planner.Plan();
}

Status WriteFlowLocks(os::FileSystem& filesystem, const FlowLockPlan& plan) {
  for (const PlannedLock& planned : plan.locks) {
    if (!planned.IsCurrent()) {
      FLOWSTONE_TRY(Annotate(os::WriteNamedFile(filesystem, planned.path, planned.text),
                             "while writing " + planned.name));
    }
  }
  for (const LockFile& file : plan.obsolete) {
    FLOWSTONE_TRY(Annotate(os::RemoveTree(filesystem, file.path), "while removing " + file.name));
  }
  return Ok();
}

}  // namespace flowstone::app
