#include "flowstone/app/lock_lookup.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "flowstone/app/project_datastore.h"
#include "flowstone/base/text.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::app {
namespace {

// The digest of the lock that the step of a run had; of all steps when none is named.
Result<Digest> LockOfRun(const store::RunRecord& record, const std::string& step,
                         const std::string& name) {
  std::set<Digest> locks;
  std::vector<std::string> steps;
  for (const auto& [known, environment] : record.environments) {
    if ((step.empty() || step == known) && environment && environment->lock) {
      locks.insert(*environment->lock);
      steps.push_back(known);
    }
  }
  if (locks.empty()) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = name +
                            " has no lock: it ran in the launching interpreter, or there "
                            "is no such step"};
  }
  if (locks.size() > 1) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "the steps of " + name + " have different locks",
                 .hints = {"name a step: " + name + "/" + JoinText(steps, ", " + name + "/")}};
  }
  return *locks.begin();
}

Result<FoundLock> FindInRun(const Machine& machine, const std::vector<std::string>& parts,
                            const std::string& name) {
  FLOWSTONE_LET(const auto datastore,
                ProjectDatastore::Open(machine, store::MissingDatastore::kRefuse));
  FLOWSTONE_LET(const store::RunRecord record,
                datastore->runs().ReadRun({.flow = parts[0], .run = parts[1]}));
  FLOWSTONE_LET(const Digest digest, LockOfRun(record, parts.size() == 3 ? parts[2] : "", name));
  FoundLock found{.lock = {}, .text = {}, .directory = machine.working_directory};
  FLOWSTONE_LET(found.text, datastore->datastore().GetContent(store::ContentFamily::kLock, digest));
  FLOWSTONE_LET(found.lock, lock::ParseLock(found.text));
  return found;
}

}  // namespace

Result<FoundLock> FindAnyLock(const Machine& machine, const std::string& name) {
  const std::string path = os::AbsolutePath(machine.working_directory, name);
  FLOWSTONE_LET(const bool is_file, os::Exists(machine.filesystem, path));
  if (!is_file && !name.starts_with("/") && !name.starts_with(".") && !name.ends_with(".toml")) {
    std::vector<std::string> parts;
    for (const std::string_view part : SplitText(name, '/')) {
      parts.emplace_back(part);
    }
    if (parts.size() == 2 || parts.size() == 3) {
      return FindInRun(machine, parts, name);
    }
  }
  FoundLock found{.lock = {}, .text = {}, .directory = os::DirName(path)};
  FLOWSTONE_LET(found.text,
                Annotate(machine.filesystem.ReadFile(path), "while reading the lock " + name));
  FLOWSTONE_LET(found.lock, Annotate(lock::ParseLock(found.text), "in the lock " + name));
  return found;
}

}  // namespace flowstone::app
