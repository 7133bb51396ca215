#include "flowstone/app/flow_environments.h"

#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/os/path.h"

namespace flowstone::app {
namespace {

std::string StepList(const std::vector<std::string>& steps) {
  return (steps.size() == 1 ? "step " : "steps ") + JoinText(steps, ", ");
}

// Equal wishes, with the steps that have them; in the order of the first step's name.
std::vector<std::pair<EnvironmentWish, std::vector<std::string>>> GroupByWish(
    const std::map<std::string, std::optional<EnvironmentWish>>& wishes) {
  std::vector<std::pair<EnvironmentWish, std::vector<std::string>>> groups;
  for (const auto& [step, wish] : wishes) {
    if (!wish) {
      continue;
    }
    bool found = false;
    for (auto& [known, steps] : groups) {
      if (known == *wish) {
        steps.push_back(step);
        found = true;
        break;
      }
    }
    if (!found) {
      groups.push_back({*wish, {step}});
    }
  }
  return groups;
}

}  // namespace

const StepEnvironment* FlowEnvironments::Of(const std::string& step) const {
  const auto found = by_step.find(step);
  return found == by_step.end() || !found->second ? nullptr : &distinct[*found->second];
}

Result<FlowEnvironments> PrepareEnvironments(
    EnvironmentService& service,
    const std::map<std::string, std::optional<EnvironmentWish>>& wishes) {
  FlowEnvironments environments;
  for (const auto& [step, wish] : wishes) {
    environments.by_step[step] = std::nullopt;
  }
  for (const auto& [wish, steps] : GroupByWish(wishes)) {
    const std::string who = StepList(steps);
    FLOWSTONE_LET(LockedEnvironment locked, Annotate(service.Lock(wish, who),
                                                     "while resolving the "
                                                     "environment of " +
                                                         who));
    FLOWSTONE_LET(install::Environment environment,
                  Annotate(service.Prepare(locked), "while preparing the environment of " + who));
    environments.resolved += locked.origin == LockedEnvironment::Origin::kResolved ? 1 : 0;
    environments.built += environment.outcome == install::EnvironmentOutcome::kReused ? 0 : 1;
    for (const std::string& step : steps) {
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
                                     .lock = environment->locked.digest,
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
  const std::string path = machine.environment.Get("PATH").value_or("/usr/bin:/bin");
  python.variables["PATH"] = os::JoinPath(prepared.directory, "bin") + ":" + path;
  python.variables["VIRTUAL_ENV"] = prepared.directory;
  // What the launching shell says about its own Python is not for this one, nor for what it starts.
  for (const char* name : {"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "CONDA_PREFIX"}) {
    python.variables[name] = std::nullopt;
  }
  python.variables["PYTHONNOUSERSITE"] = "1";
  return python;
}

}  // namespace flowstone::app
