#include "flowstone/app/flow_locks.h"

#include <algorithm>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/os/path.h"
#include "flowstone/resolve/request_record.h"

namespace flowstone::app {
namespace {

LockedEnvironment EnvironmentOf(const LockFile& file, const EnvironmentWish& wish,
                                const install::Interpreter& interpreter) {
  LockedEnvironment given{.interpreter = interpreter,
                          .lock = file.lock,
                          .directory = os::DirName(file.path),
                          .text = file.text,
                          .indexes = wish.indexes,
                          .origin = LockedEnvironment::Origin::kGiven,
                          .file = file.name,
                          .warnings = file.warnings};
  given.selection.extras = wish.extras;
  if (!wish.groups.empty()) {
    given.selection.groups = wish.groups;
  }
  return given;
}

bool AsksForPackages(const EnvironmentWish& wish) {
  return !wish.requirements.empty() || !wish.constraints.empty();
}

// Finds the lock file of single steps.
class Finder {
 public:
  Finder(EnvironmentService& service, os::FileSystem& filesystem, const flow::FlowDescription& flow,
         const FlowLockFiles& lock_files)
      : service_(service), filesystem_(filesystem), flow_(flow), lock_files_(lock_files) {}

  Result<WishedEnvironment> Find(const std::string& step, const EnvironmentWish& wish) {
    WishedEnvironment wished{.wish = wish, .steps = {step}};
    FLOWSTONE_LET(const install::Interpreter interpreter, service_.FindPython(wish.python));
    const resolve::ResolveRequest request = service_.RequestOf(wish, wished.Asker(), interpreter);
    if (!wish.lock_file.empty()) {
      const std::string path = os::AbsolutePath(os::DirName(flow_.file), wish.lock_file);
      FLOWSTONE_LET(const LockFile file, ReadLockFile(filesystem_, path));
      Judge(file, request, interpreter, wished);
      return wished;
    }
    for (const auto& [file, claim] : lock_files_.For(step)) {
      WishedEnvironment judged{.wish = wish, .steps = {step}};
      Judge(*file, request, interpreter, judged);
      if (judged.mismatches.empty() || claim == FlowLockFiles::Claim::kStep) {
        return judged;
      }
    }
    return wished;
  }

 private:
  // A lock that a decorator names without packages is taken as it is.
  static void Judge(const LockFile& file, const resolve::ResolveRequest& request,
                    const install::Interpreter& interpreter, WishedEnvironment& wished) {
    wished.given = EnvironmentOf(file, wished.wish, interpreter);
    if (!wished.wish.lock_file.empty() && !AsksForPackages(wished.wish)) {
      const auto packages =
          lock::PackagesFor(file.lock, interpreter.target, wished.given->selection);
      if (!packages) {
        wished.mismatches.push_back(packages.error().message);
      }
      return;
    }
    wished.mismatches = resolve::Mismatches(file.lock, request, wished.given->selection);
  }

  EnvironmentService& service_;
  os::FileSystem& filesystem_;
  const flow::FlowDescription& flow_;
  const FlowLockFiles& lock_files_;
};

bool IsSameEnvironment(const WishedEnvironment& a, const WishedEnvironment& b) {
  const std::string a_file = a.given ? a.given->file : "";
  const std::string b_file = b.given ? b.given->file : "";
  return a.wish == b.wish && a_file == b_file;
}

}  // namespace

std::string WishedEnvironment::Asker() const {
  std::vector<std::string> sorted = steps;
  std::ranges::sort(sorted);
  return (sorted.size() == 1 ? "step " : "steps ") + JoinText(sorted, ", ");
}

Error WishedEnvironment::StaleLock(const flow::FlowDescription& flow) const {
  const std::string script = flow.module ? "-m " + *flow.module : flow.script;
  Error error{.code = ErrorCode::kConflict,
              .message = "the lock file " + given->file + " does not answer " + Asker(),
              .context = mismatches};
  const bool is_ours = given->lock.created_by == lock::kCreatedBy;
  if (is_ours && wish.lock_file.empty()) {
    error.hints.push_back("`python " + script + " environment lock` updates it");
  } else {
    error.hints.push_back("update it with the tool that made it (" + given->lock.created_by +
                          "), or change what the step asks for");
  }
  return error;
}

Result<std::vector<WishedEnvironment>> DistinctEnvironments(
    EnvironmentService& service, os::FileSystem& filesystem, const flow::FlowDescription& flow,
    const std::map<std::string, std::optional<EnvironmentWish>>& wishes,
    const FlowLockFiles& lock_files) {
  Finder finder(service, filesystem, flow, lock_files);
  std::vector<WishedEnvironment> distinct;
  for (const flow::StepDescription& step : flow.steps) {
    const auto wish = wishes.find(step.name);
    if (wish == wishes.end() || !wish->second) {
      continue;
    }
    FLOWSTONE_LET(WishedEnvironment wished, Annotate(finder.Find(step.name, *wish->second),
                                                     "for " + AskerOf(flow, step.name)));
    const auto known = std::ranges::find_if(
        distinct, [&](const WishedEnvironment& other) { return IsSameEnvironment(other, wished); });
    if (known == distinct.end()) {
      distinct.push_back(std::move(wished));
    } else {
      known->steps.push_back(step.name);
    }
  }
  return distinct;
}

}  // namespace flowstone::app
