#include "flowstone/cli/lock_output.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/cli/lock_report.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/lock/lock_diff.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/os/named_file.h"
#include "flowstone/os/path.h"
#include "flowstone/resolve/request_record.h"

namespace flowstone::cli {
namespace {

// Whether it lies on this machine, at a path that is not named from the lock.
bool HasPlace(const lock::LockedPackage& package) {
  return package.direct && package.direct->file.path &&
         os::IsAbsolutePath(*package.direct->file.path);
}

// A lock as it is in `directory`: directories and archives of this machine are named from there
// (PEP 751), so that a project can be moved together with its lock.
lock::Lock LockIn(const std::string& directory, lock::Lock lock) {
  for (lock::LockedPackage& package : lock.packages) {
    if (HasPlace(package)) {
      package.direct->file.path = os::RelativePath(directory, *package.direct->file.path);
    }
  }
  return lock;
}

// The text of such a lock; nothing when it is that of any directory.
std::optional<std::string> OwnTextIn(const std::string& directory,
                                     const app::LockedEnvironment& locked) {
  return std::ranges::none_of(locked.lock.packages, HasPlace)
             ? std::nullopt
             : std::optional(lock::WriteLock(LockIn(directory, locked.lock)));
}

// What became of a lock, for programs.
std::string ReportJson(const std::string& name, std::string_view outcome,
                       const app::LockedEnvironment& locked,
                       const std::optional<app::ResolveCounters>& counters) {
  nlohmann::json report = {{"lock", name},
                           {"outcome", outcome},
                           {"packages", nlohmann::json::array()},
                           {"warnings", locked.warnings},
                           {"missing_wheels", nlohmann::json::array()}};
  for (const lock::LockedPackage& package : locked.lock.packages) {
    nlohmann::json entry = {{"name", package.name.ToString()}};
    if (package.version) {
      entry["version"] = package.version->ToString();
    }
    if (!package.marker.is_always()) {
      entry["marker"] = package.marker.ToString();
    }
    report["packages"].push_back(std::move(entry));
  }
  for (const resolve::MissingWheels& missing : locked.missing_wheels) {
    nlohmann::json systems = nlohmann::json::array();
    for (const resolve::OperatingSystem& system : missing.systems) {
      systems.push_back(system.name);
    }
    report["missing_wheels"].push_back({{"name", missing.name.ToString()},
                                        {"version", missing.version.ToString()},
                                        {"systems", std::move(systems)},
                                        {"pythons", missing.pythons}});
  }
  if (counters) {
    report["counters"] = CountersJson(*counters);
  }
  return report.dump(2) + "\n";
}

}  // namespace

Result<LockOutput> LockOutput::Open(EngineSession& session) {
  LockOutput output(session);
  output.name_ = session.arguments.Value("output").value_or("pylock.toml");
  const bool is_needed = session.arguments.Has("check") || session.arguments.Has("upgrade-package");
  if (output.IsStandardOutput()) {
    if (session.arguments.Has("json")) {
      return Error{.code = ErrorCode::kInvalid,
                   .message =
                       "--json prints what became of a lock file, and the lock itself is to "
                       "go to standard output",
                   .hints = {"name a file with --output"}};
    }
    if (is_needed) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "--check and --upgrade-package need the lock file that they speak of",
                   .hints = {"name it with --output"}};
    }
    return output;
  }
  output.path_ = os::AbsolutePath(session.machine.working_directory, output.name_);
  FLOWSTONE_LET(std::optional<std::string> text,
                Annotate(os::ReadNamedFile(session.machine.filesystem, output.path_),
                         "while reading the lock " + output.name_));
  if (!text) {
    return output;
  }
  output.text_ = *std::move(text);
  Result<lock::Lock> existing = lock::ParseLock(output.text_);
  if (existing) {
    output.existing_ = *std::move(existing);
  } else if (is_needed) {
    return Annotate(std::move(existing), "while reading the lock " + output.name_).error();
  } else {
    session.console.PrintWarning(output.name_ + " is no lock that can be read, and is replaced: " +
                                 existing.error().message);
  }
  return output;
}

std::string LockOutput::directory() const {
  return IsStandardOutput() ? session_->machine.working_directory : os::DirName(path_);
}

bool LockOutput::Answers(const resolve::ResolveRequest& request) {
  if (!existing_) {
    session_->console.Err(fmt::format("{} does not exist\n", name_));
    return false;
  }
  const std::vector<std::string> mismatches = resolve::Mismatches(*existing_, request);
  for (const std::string& mismatch : mismatches) {
    session_->console.Err(fmt::format("{}: {}\n", name_, mismatch));
  }
  answers_ = mismatches.empty();
  return answers_;
}

int LockOutput::ReportCurrent() const {
  if (session_->arguments.Has("json")) {
    session_->console.Out(DifferenceJson({}) + "\n");
  }
  Say(fmt::format("{} is current", name_));
  return 0;
}

int LockOutput::ReportCheck(const app::LockedEnvironment& locked) const {
  lock::LockDifference difference =
      lock::DiffLocks(existing_.value_or(lock::Lock()), LockIn(directory(), locked.lock));
  const bool is_same = text_ == OwnTextIn(directory(), locked).value_or(locked.text);
  if (existing_ && (is_same || (answers_ && difference.empty()))) {
    return ReportCurrent();
  }
  if (!existing_) {  // the reason for all of it was told
    for (lock::PackageDifference& package : difference.packages) {
      package.causes.clear();
    }
  }
  session_->console.Out(session_->arguments.Has("json") ? DifferenceJson(difference) + "\n"
                                                        : DifferenceText(difference));
  return 1;
}

void LockOutput::Prefer(app::EnvironmentService& service) const {
  if (existing_ && service.lock_use() != app::LockUse::kUpgrade) {
    service.Prefer(*existing_);
  }
}

Result<int> LockOutput::Finish(const app::LockedEnvironment& locked) const {
  Console& console = session_->console;
  if (session_->arguments.Has("check")) {
    return ReportCheck(locked);
  }
  if (IsStandardOutput()) {
    ReportCounters(locked.counters);
    console.Out(locked.text);
    return 0;
  }
  const std::int64_t begin_ns = session_->machine.clock.MonotonicNs();
  const std::optional<std::string> own_text = OwnTextIn(os::DirName(path_), locked);
  const std::string& text = own_text ? *own_text : locked.text;
  const bool is_same = text_ == text;
  if (!is_same) {
    FLOWSTONE_TRY(Write(text));
  }
  std::optional<app::ResolveCounters> counters = locked.counters;
  if (counters && counters->phases) {
    counters->phases->writing_ns += session_->machine.clock.MonotonicNs() - begin_ns;
  }
  if (session_->arguments.Has("json")) {
    console.Out(ReportJson(name_, is_same ? "unchanged" : "written", locked, counters));
    return 0;
  }
  ReportCounters(counters);
  Say(fmt::format("{} locked in {}{}", CountOf(locked.lock.packages.size(), "package"), name_,
                  is_same ? ": nothing changed" : ""));
  return 0;
}

Status LockOutput::Write(const std::string& text) const {
  const std::string base = os::BaseName(path_);
  if (!lock::IsLockFileName(base) && base.find('.') != std::string::npos) {
    session_->console.PrintWarning(
        "other tools take a file for a lock only when it is called pylock.toml or "
        "pylock.NAME.toml, not " +
        base);
  }
  return Annotate(os::WriteNamedFile(session_->machine.filesystem, path_, text),
                  "while writing the lock " + name_);
}

void LockOutput::ReportCounters(const std::optional<app::ResolveCounters>& counters) const {
  if (counters && VerbosityOf(session_->arguments) == Verbosity::kVerbose) {
    session_->console.Err(CountersText(*counters));
  }
}

void LockOutput::Say(const std::string& sentence) const {
  if (VerbosityOf(session_->arguments) != Verbosity::kQuiet) {
    session_->console.Err(sentence + "\n");
  }
}

}  // namespace flowstone::cli
