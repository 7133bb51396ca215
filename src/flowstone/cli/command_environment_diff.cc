// `environment diff`: how what the steps get differs from an earlier run, or from a lock. Resolves
// nothing.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/flow_locks.h"
#include "flowstone/app/lock_lookup.h"
#include "flowstone/app/wish_files.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/flow_session.h"
#include "flowstone/cli/flow_settings.h"
#include "flowstone/cli/lock_report.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/lock/lock_diff.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {
namespace {

// What a step has on one of the two sides: a lock, the launching interpreter, or nothing known.
struct StepSide {
  std::optional<lock::Lock> lock = {};
  std::string without_lock = {};  // why there is none
};

class EnvironmentComparison {
 public:
  EnvironmentComparison(FlowSession& session, app::EnvironmentService& service,
                        app::ProjectDatastore* datastore)
      : session_(session), service_(service), datastore_(datastore) {}

  Status Read() {
    FLOWSTONE_LET(const app::StepWishes wishes,
                  app::ReadWishes(session_.machine.filesystem, session_.machine.environment,
                                  session_.flow, app::EnvironmentChoice::kDeclared));
    FLOWSTONE_LET(const app::FlowLockFiles lock_files,
                  app::FlowLockFiles::Read(session_.machine.filesystem,
                                           os::DirName(session_.flow.file), session_.flow.name));
    FLOWSTONE_LET(distinct_, app::DistinctEnvironments(service_, session_.machine.filesystem,
                                                       session_.flow, wishes, lock_files));
    return ReadOther();
  }

  Result<int> Print() {
    std::string text;
    nlohmann::json json = nlohmann::json::array();
    bool differs = false;
    for (const flow::StepDescription& step : session_.flow.steps) {
      FLOWSTONE_LET(const StepSide now, Now(step.name));
      FLOWSTONE_LET(const StepSide before, Before(step.name));
      nlohmann::json entry = {{"step", step.name}};
      std::string body;
      if (now.lock && before.lock) {
        const lock::LockDifference difference = lock::DiffLocks(*before.lock, *now.lock);
        body = DifferenceText(difference);
        entry.update(nlohmann::json::parse(DifferenceJson(difference)));
        differs = differs || !difference.empty();
      } else {
        const bool same = now.without_lock == before.without_lock && !now.lock && !before.lock;
        entry["same"] = same;
        if (!same) {
          body = fmt::format("before: {}\nnow: {}\n", SideText(before), SideText(now));
          entry["before"] = SideText(before);
          entry["now"] = SideText(now);
          differs = true;
        }
      }
      if (!body.empty()) {
        text += step.name + "\n" + Indented(body);
      }
      json.push_back(std::move(entry));
    }
    session_.console.Out(session_.arguments.Has("json") ? json.dump(2) + "\n" : text);
    return differs ? 1 : 0;
  }

 private:
  // A lock file, or a run of this flow.
  Status ReadOther() {
    std::string other = session_.arguments.Positional("other");
    const std::string path = os::AbsolutePath(session_.machine.working_directory, other);
    FLOWSTONE_LET(const bool is_file, os::Exists(session_.machine.filesystem, path));
    if (!other.empty() && (is_file || other.ends_with(".toml"))) {
      FLOWSTONE_LET(app::FoundLock found, app::FindAnyLock(session_.machine, other));
      other_lock_ = std::move(found.lock);
      return Ok();
    }
    if (datastore_ == nullptr) {
      return Error{.code = ErrorCode::kNotFound,
                   .message = "the flow " + session_.flow.name + " has no run to compare with",
                   .hints = {"name a lock file instead"}};
    }
    if (other.empty()) {
      FLOWSTONE_LET(other, datastore_->runs().LatestRun(session_.flow.name));
    }
    const std::string prefix = session_.flow.name + "/";
    if (other.starts_with(prefix)) {
      other = other.substr(prefix.size());
    }
    FLOWSTONE_LET(run_, datastore_->runs().ReadRun({.flow = session_.flow.name, .run = other}));
    return Ok();
  }

  Result<StepSide> Now(const std::string& step) {
    for (const app::WishedEnvironment& wished : distinct_) {
      if (std::ranges::find(wished.steps, step) == wished.steps.end()) {
        continue;
      }
      if (!wished.mismatches.empty()) {
        return StepSide{.without_lock = "the lock file " + wished.given->file +
                                        " is stale: " + JoinText(wished.mismatches, "; ")};
      }
      if (wished.given) {
        return StepSide{.lock = wished.given->lock};
      }
      FLOWSTONE_LET(auto remembered, service_.FindLock(wished.wish));
      if (remembered) {
        return StepSide{.lock = std::move(remembered->lock)};
      }
      return StepSide{.without_lock = "not locked yet"};
    }
    return StepSide{.without_lock = "the launching interpreter"};
  }

  Result<StepSide> Before(const std::string& step) {
    if (other_lock_) {
      return StepSide{.lock = other_lock_};
    }
    const auto found = run_.environments.find(step);
    if (found == run_.environments.end()) {
      return StepSide{.without_lock = "no such step"};
    }
    if (!found->second || !found->second->lock) {
      return StepSide{.without_lock = "the launching interpreter"};
    }
    FLOWSTONE_LET(
        app::FoundLock lock,
        app::FindAnyLock(session_.machine, session_.flow.name + "/" + run_.run + "/" + step));
    return StepSide{.lock = std::move(lock.lock)};
  }

  static std::string SideText(const StepSide& side) {
    return side.lock ? CountOf(side.lock->packages.size(), "package") : side.without_lock;
  }

  static std::string Indented(const std::string& text) {
    std::string indented;
    for (const std::string_view line : SplitLines(text)) {
      indented += "    " + std::string(line) + "\n";
    }
    return indented;
  }

  FlowSession& session_;
  app::EnvironmentService& service_;
  app::ProjectDatastore* datastore_;
  std::vector<app::WishedEnvironment> distinct_;
  std::optional<lock::Lock> other_lock_;
  store::RunRecord run_;
};

}  // namespace

CommandResult CommandEnvironmentDiff(FlowSession& session) {
  FLOWSTONE_LET(app::EnvironmentSettings settings,
                FlowSettingsOf(session, app::EnvironmentChoice::kDeclared));
  settings.pythons.downloads = app::PythonDownloads::kManual;  // looking installs nothing
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(const auto datastore, app::ProjectDatastore::OpenIfThere(session.machine));
  NoProgress progress;
  app::EnvironmentService service(session.machine, home, datastore.get(), progress, settings);
  EnvironmentComparison comparison(session, service, datastore.get());
  FLOWSTONE_TRY(comparison.Read());
  return comparison.Print();
}

}  // namespace flowstone::cli
