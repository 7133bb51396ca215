// LockOutput: where `flowstone lock` writes, and the lock that is there already. An existing lock
// is kept as far as it holds: its versions are preferred unless they are to be upgraded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flowstone/app/environment_service.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/lock/lock.h"
#include "flowstone/resolve/request.h"

namespace flowstone::cli {

class LockOutput {
 public:
  // Reads what is at `--output`. kInvalid when that is no lock and `--check` or `--upgrade-package`
  // speak of it; otherwise it counts as none, and is written over. `session` outlives this.
  static Result<LockOutput> Open(EngineSession& session);

  // Where relative paths of the lock start: absolute.
  std::string directory() const;
  // For `--check`: whether the existing lock answers the request. Says why it does not.
  bool Answers(const resolve::ResolveRequest& request);
  // For `--check`: says that the lock may stay as it is. The exit status.
  int ReportCurrent() const;
  // Unless `--upgrade` is given.
  void Prefer(app::EnvironmentService& service) const;
  // Writes or prints the lock; with `--check`, prints what would change; with `--json`, a report.
  // The exit status.
  Result<int> Finish(const app::LockedEnvironment& locked) const;

 private:
  explicit LockOutput(EngineSession& session) : session_(&session) {}

  bool IsStandardOutput() const { return name_ == "-"; }
  // For `--check`: says what `locked` would change. The exit status.
  int ReportCheck(const app::LockedEnvironment& locked) const;
  // Writes the file.
  Status Write(const std::string& text) const;
  // With `-v`.
  void ReportCounters(const std::optional<app::ResolveCounters>& counters) const;
  // On standard error, unless `--quiet` is given.
  void Say(const std::string& sentence) const;

  EngineSession* session_;
  std::string name_;  // as given
  std::string path_;  // absolute
  std::string text_;  // of the existing lock
  std::optional<lock::Lock> existing_;
  bool answers_ = false;  // the existing lock does what was asked for, whatever its versions
};

}  // namespace flowstone::cli
