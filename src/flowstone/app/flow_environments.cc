#include "flowstone/app/flow_environments.h"

#include <utility>

#include "flowstone/app/flow_locks.h"
#include "flowstone/app/lock_files.h"
#include "flowstone/install/environment_variables.h"
#include "flowstone/os/path.h"

namespace flowstone::app {
namespace {

// The lock of one environment: a file's, the remembered one, or a new one.
Result<LockedEnvironment> LockOf(EnvironmentService& service, const flow::FlowDescription& flow,
                                 WishedEnvironment& wished) {
  if (!wished.given) {
    return Annotate(service.Lock(wished.wish, wished.Asker()),
                    "while resolving the environment of " + wished.Asker());
  }
  if (!wished.mismatches.empty()) {
    return wished.StaleLock(flow);
  }
  FLOWSTONE_TRY(service.Keep(*wished.given));
  return *std::move(wished.given);
}

// Versions that files have already come before those that are still to be chosen.
void PreferGiven(EnvironmentService& service, const std::vector<WishedEnvironment>& distinct) {
  for (const WishedEnvironment& wished : distinct) {
    if (wished.given) {
      service.Prefer(wished.given->lock);
    }
  }
}

}  // namespace

const StepEnvironment* FlowEnvironments::Of(const std::string& step) const {
  const auto found = by_step.find(step);
  return found == by_step.end() || !found->second ? nullptr : &distinct[*found->second];
}

Result<FlowEnvironments> PrepareEnvironments(
    EnvironmentService& service, const Machine& machine, const flow::FlowDescription& flow,
    const std::map<std::string, std::optional<EnvironmentWish>>& wishes) {
  FlowEnvironments environments;
  for (const auto& [step, wish] : wishes) {
    environments.by_step[step] = std::nullopt;
  }
  FlowLockFiles lock_files;
  if (service.lock_use() != LockUse::kUpgrade) {
    FLOWSTONE_LET(lock_files,
                  FlowLockFiles::Read(machine.filesystem, os::DirName(flow.file), flow.name));
  }
  FLOWSTONE_LET(std::vector<WishedEnvironment> distinct,
                DistinctEnvironments(service, machine.filesystem, flow, wishes, lock_files));
  PreferGiven(service, distinct);
  for (WishedEnvironment& wished : distinct) {
    FLOWSTONE_LET(LockedEnvironment locked, LockOf(service, flow, wished));
    FLOWSTONE_LET(
        install::Environment environment,
        Annotate(service.Prepare(locked), "while preparing the environment of " + wished.Asker()));
    environments.resolved += locked.origin == LockedEnvironment::Origin::kResolved ? 1 : 0;
    environments.built += environment.outcome == install::EnvironmentOutcome::kReused ? 0 : 1;
    for (const std::string& step : wished.steps) {
      environments.by_step[step] = environments.distinct.size();
    }
    environments.distinct.push_back(
        {.locked = std::move(locked), .environment = std::move(environment)});
  }
  return environments;
}

std::optional<store::EnvironmentReference> ReferenceOf(const StepEnvironment* environment) {
  if (environment == nullptr) {
    return std::nullopt;
  }
  return store::EnvironmentReference{.id = environment->environment.id,
                                     .lock = environment->locked.digest(),
                                     .python = environment->locked.interpreter.version.ToString(),
                                     .prefix = environment->environment.directory};
}

exec::PythonEnvironment PythonEnvironmentOf(const flow::FlowDescription& flow,
                                            const StepEnvironment* environment,
                                            const Machine& machine) {
  exec::PythonEnvironment python{.id = "local",
                                 .interpreter = flow.python.executable,
                                 .isolation = exec::Isolation::kNone,
                                 .sys_path = {},
                                 .variables = {},
                                 .directory = machine.working_directory};
  // As Python has it: `python -m` imports from the working directory, a script from its own folder.
  if (!flow.module) {
    python.sys_path = {os::DirName(flow.file)};
  }
  if (environment == nullptr) {
    return python;
  }
  const install::Environment& prepared = environment->environment;
  python.id = prepared.id.ToString();
  python.interpreter = prepared.python;
  python.isolation = exec::Isolation::kIsolated;
  python.private_layer = prepared.layered;
  python.variables = install::VariablesInside(prepared.directory, machine.environment.Get("PATH"));
  return python;
}

}  // namespace flowstone::app
