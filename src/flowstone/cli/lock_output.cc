#include "flowstone/cli/lock_output.h"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/cli/lock_report.h"
#include "flowstone/lock/lock_diff.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/resolve/request_record.h"

namespace flowstone::cli {

Result<LockOutput> LockOutput::Open(EngineSession& session) {
  LockOutput output(session);
  output.name_ = session.arguments.Value("output").value_or("pylock.toml");
  const bool is_needed = session.arguments.Has("check") || session.arguments.Has("upgrade-package");
  if (output.IsStandardOutput()) {
    if (is_needed) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "--check and --upgrade-package need the lock file that they speak of",
                   .hints = {"name it with --output"}};
    }
    return output;
  }
  output.path_ = os::AbsolutePath(session.machine.working_directory, output.name_);
  Result<std::string> text = session.machine.filesystem.ReadFile(output.path_);
  if (!text) {
    if (text.error().code != ErrorCode::kNotFound) {
      return Annotate(std::move(text), "while reading the lock " + output.name_).error();
    }
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

bool LockOutput::IsCurrent(const resolve::ResolveRequest& request) const {
  if (!existing_) {
    session_->console.Err(fmt::format("{} does not exist\n", name_));
    return false;
  }
  const std::vector<std::string> mismatches = resolve::Mismatches(*existing_, request);
  for (const std::string& mismatch : mismatches) {
    session_->console.Err(fmt::format("{}: {}\n", name_, mismatch));
  }
  if (mismatches.empty()) {
    session_->console.Err(fmt::format("{} is current\n", name_));
  }
  return mismatches.empty();
}

void LockOutput::Prefer(app::EnvironmentService& service) const {
  if (existing_ && service.lock_use() != app::LockUse::kUpgrade) {
    service.Prefer(*existing_);
  }
}

Result<int> LockOutput::Finish(const app::LockedEnvironment& locked) const {
  Console& console = session_->console;
  if (session_->arguments.Has("check")) {
    console.Out(DifferenceText(lock::DiffLocks(existing_.value_or(lock::Lock()), locked.lock)));
    return 1;
  }
  if (IsStandardOutput()) {
    console.Out(locked.text);
    return 0;
  }
  const std::size_t count = locked.lock.packages.size();
  const std::string packages = fmt::format("{} {}", count, count == 1 ? "package" : "packages");
  if (text_ == locked.text) {
    console.Err(fmt::format("{} locked in {}: nothing changed\n", packages, name_));
    return 0;
  }
  FLOWSTONE_TRY(Annotate(os::ReplaceFile(session_->machine.filesystem, path_, locked.text),
                         "while writing the lock"));
  console.Err(fmt::format("{} locked in {}\n", packages, name_));
  return 0;
}

}  // namespace flowstone::cli
