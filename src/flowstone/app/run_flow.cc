#include "flowstone/app/run_flow.h"

#include <utility>

#include "flowstone/app/background_bytecode.h"
#include "flowstone/app/flow_code.h"
#include "flowstone/app/flow_environments.h"
#include "flowstone/app/parameter_check.h"
#include "flowstone/app/resume_plan.h"
#include "flowstone/app/task_recorder.h"
#include "flowstone/app/wish_files.h"
#include "flowstone/exec/datastore_artifacts.h"
#include "flowstone/flow/graph_check.h"
#include "flowstone/flow/retry_policy.h"
#include "flowstone/net/redact.h"
#include "flowstone/os/executable_path.h"
#include "flowstone/os/host_name.h"
#include "flowstone/os/named_file.h"
#include "flowstone/os/path.h"
#include "flowstone/os/private_layer.h"
#include "flowstone/version.h"

namespace flowstone::app {
namespace {

std::vector<std::string> SystemTags(const flow::FlowDescription& flow, const std::string& user) {
  return {"flowstone_version:" + std::string(kVersion), "python_version:" + flow.python.version,
          "runtime:dev", "user:" + user};
}

store::RunRecord RecordOf(const flow::FlowDescription& flow, const RunChoices& choices,
                          const Machine& machine, const FlowEnvironments& environments) {
  const std::string user = UserName(machine.environment);
  store::RunRecord record{.flow = flow.name, .run = {}, .user = user, .tags = choices.tags};
  record.system_tags = SystemTags(flow, user);
  for (const flow::ParameterDescription& parameter : flow.parameters) {
    const auto given = choices.parameters.find(parameter.name);
    record.parameters[parameter.name] = given == choices.parameters.end()
                                            ? std::nullopt
                                            : std::optional<std::string>(given->second);
  }
  record.script = os::BaseName(flow.file);
  record.python = flow.python.version;
  record.flowstone = std::string(kVersion);
  for (const auto& [step, index] : environments.by_step) {
    record.environments[step] = ReferenceOf(environments.Of(step));
  }
  record.graph = flow.steps_json;
  // The record is kept for long and read by many: a URL of the command line keeps no login in it.
  for (const std::string& argument : choices.command) {
    record.command.push_back(net::RedactText(argument));
  }
  record.host = os::HostName();
  record.pid = os::ProcessId();
  return record;
}

// Metaflow's local ids: microseconds since the epoch. Of two runs in one microsecond the second one
// takes the next number.
Result<std::string> CreateRun(store::RunStore& runs, os::Clock& clock, store::RunRecord& record) {
  std::int64_t number = clock.NowNs() / 1000;
  record.created_ms = number / 1000;
  while (true) {
    record.run = std::to_string(number);
    const Status created = runs.CreateRun(record);
    if (created) {
      return record.run;
    }
    if (created.error().code != ErrorCode::kConflict) {
      return created.error();
    }
    ++number;
  }
}

exec::LocalExecutorOptions ExecutorOptions(const flow::FlowDescription& flow,
                                           const RunChoices& choices, const RunParts& parts,
                                           const store::RunRecord& record,
                                           const FlowEnvironments& environments) {
  exec::LocalExecutorOptions options;
  options.run = {.flow_name = flow.name,
                 .flow_file = flow.file,
                 .script = flow.script,
                 .module = flow.module,
                 .run_id = record.run,
                 .user = record.user,
                 .name_space = choices.name_space.value_or("user:" + record.user),
                 .tags = record.tags,
                 .system_tags = record.system_tags,
                 .origin_run_id = record.origin_run,
                 .parameter_values = record.parameters,
                 .datastore = parts.datastore.directory(),
                 .temporary_directory =
                     parts.machine.environment.GetNonEmpty("METAFLOW_TEMPDIR").value_or("."),
                 .steps_json = flow.steps_json,
                 .sdk_root = flow.sdk.root,
                 .compat_root = flow.sdk.compat_root};
  for (const flow::StepDescription& step : flow.steps) {
    options.environments[step.name] =
        PythonEnvironmentOf(flow, environments.Of(step.name), parts.machine);
    options.step_variables[step.name] = StepVariables(step);
  }
  // The parameters are evaluated where `start` runs: its environment has what the flow's file
  // needs.
  options.environments[std::string(flow::kParametersStep)] = options.environments["start"];
  options.process_environment = parts.machine.environment.ToMap();
  options.process_environment["PYTHONUNBUFFERED"] = "x";
  options.process_environment["METAFLOW_RUN_ID"] = record.run;
  // The client inside a step, in whatever environment, asks this engine about this datastore.
  options.process_environment["FLOWSTONE_DATASTORE"] = parts.datastore.directory();
  if (const auto engine = os::ExecutablePath()) {
    options.process_environment["FLOWSTONE_ENGINE"] = *engine;
  }
  options.mode = choices.processes;
  return options;
}

Status WriteRunId(const Machine& machine, const RunChoices& choices, const std::string& run) {
  if (!choices.run_id_file) {
    return Ok();
  }
  const std::string path = os::AbsolutePath(machine.working_directory, *choices.run_id_file);
  return Annotate(os::WriteNamedFile(machine.filesystem, path, run), "while writing --run-id-file");
}

std::string LockSource(const LockedEnvironment& locked) {
  switch (locked.origin) {
    case LockedEnvironment::Origin::kResolved:
      return " resolved now";
    case LockedEnvironment::Origin::kRemembered:
      return " remembered";
    case LockedEnvironment::Origin::kGiven:
      return " of " + locked.file;
  }
  return "";
}

// Where each step runs, and why there.
void TellDecisions(const RunParts& parts, const flow::FlowDescription& flow,
                   const FlowEnvironments& environments) {
  for (const auto& [step, index] : environments.by_step) {
    const StepEnvironment* prepared = environments.Of(step);
    if (prepared == nullptr) {
      parts.notices.OnDecision("step " + step + " runs in the launching interpreter " +
                               flow.python.executable + ": nothing asks for an environment");
      continue;
    }
    const LockedEnvironment& locked = prepared->locked;
    parts.notices.OnDecision(
        "step " + step + " runs in " + prepared->environment.directory + " (" +
        std::string(install::EnvironmentOutcomeName(prepared->environment.outcome)) + "): lock " +
        locked.digest().ToString().substr(0, 12) + LockSource(locked) + " for " +
        locked.interpreter.executable + ", Python " + locked.interpreter.version.ToString());
  }
}

// That tasks can have the private layers which were asked for, before there is a run.
Status CheckLayers(const FlowEnvironments& environments) {
  for (const StepEnvironment& environment : environments.distinct) {
    if (environment.environment.layered.empty()) {
      continue;
    }
    if (const Status possible = os::ProbePrivateLayer(environment.environment.directory);
        !possible) {
      return install::NoLayerError(possible.error());
    }
  }
  return Ok();
}

void TellEnvironments(const RunParts& parts, const FlowEnvironments& environments,
                      std::int64_t began_ns) {
  for (const StepEnvironment& environment : environments.distinct) {
    for (const std::string& warning : environment.locked.warnings) {
      parts.notices.OnWarning(warning);
    }
    for (const std::string& warning : environment.environment.warnings) {
      parts.notices.OnWarning(warning);
    }
    if (!environment.environment.message.empty()) {
      parts.notices.OnWarning(environment.environment.message);
    }
  }
  if (!environments.distinct.empty()) {
    parts.notices.OnEnvironmentsReady(environments.distinct.size(), environments.resolved,
                                      environments.built,
                                      parts.machine.clock.MonotonicNs() - began_ns);
  }
}

}  // namespace

std::string UserName(const os::Environment& environment) {
  for (const char* name : {"METAFLOW_USER", "SUDO_USER", "USERNAME", "USER"}) {
    if (const auto user = environment.GetNonEmpty(name)) {
      return *user;
    }
  }
  return "unknown";
}

Result<flow::Graph> CheckedGraph(const flow::FlowDescription& flow) {
  flow::Graph graph = flow::BuildGraph(flow);
  const std::vector<flow::Finding> findings = flow::CheckGraph(flow, graph);
  if (findings.empty()) {
    return graph;
  }
  Error error{.code = ErrorCode::kInvalid,
              .message = "the flow " + flow.name + " cannot run as it is"};
  for (const flow::Finding& finding : findings) {
    error.context.push_back(flow::ToString(finding));
  }
  return error;
}

Result<FinishedRun> RunFlow(const flow::FlowDescription& flow, const RunChoices& choices,
                            const RunParts& parts) {
  const Machine& machine = parts.machine;
  store::RunStore& runs = parts.datastore.runs();
  FLOWSTONE_LET(const flow::Graph graph, CheckedGraph(flow));
  FLOWSTONE_TRY(CheckParameters(flow, choices.parameters));
  flow::SchedulerOptions scheduling{.max_num_splits = choices.max_num_splits};
  FLOWSTONE_LET(scheduling.retries, flow::RetryPoliciesOf(flow));
  std::optional<std::string> origin_run;
  if (choices.resume) {
    FLOWSTONE_LET(OriginRun origin, PlanResume(runs, flow, graph, *choices.resume));
    origin_run = origin.run;
    scheduling.resume = std::move(origin.plan);
  }

  const std::int64_t began_ns = machine.clock.MonotonicNs();
  FLOWSTONE_LET(const StepWishes wishes,
                ReadWishes(machine.filesystem, machine.environment, flow, choices.environment));
  FLOWSTONE_LET(const FlowEnvironments environments,
                PrepareEnvironments(parts.environments, machine, flow, wishes));
  FLOWSTONE_TRY(CheckLayers(environments));
  TellEnvironments(parts, environments, began_ns);
  TellDecisions(parts, flow, environments);
  const std::string compiling = CompileInBackground(machine, parts.environments);
  if (!compiling.empty()) {
    parts.notices.OnDecision(compiling);
  }

  const bundle::CodeSources sources = CodeSourcesOf(machine, flow, choices.package_suffixes);
  FLOWSTONE_LET(const StoredCode code,
                StoreFlowCode(machine, sources, parts.datastore.datastore()));
  for (const std::string& warning : code.warnings) {
    parts.notices.OnWarning(warning);
  }
  parts.notices.OnDecision("the code is package " + code.id.ToString() + ", from " +
                           os::DirName(flow.file) +
                           ": `package list --why` tells the rule for each file");

  store::RunRecord record = RecordOf(flow, choices, machine, environments);
  record.code = code.id;
  record.origin_run = origin_run;
  FLOWSTONE_LET(flow::StopSignal * stop, parts.watch_stop());
  FLOWSTONE_LET(const std::string run, CreateRun(runs, machine.clock, record));
  FLOWSTONE_TRY(WriteRunId(machine, choices, run));
  parts.notices.OnRunCreated(flow.name, run);

  exec::DatastoreArtifacts artifacts(parts.datastore.datastore());
  FLOWSTONE_LET(
      const auto executor,
      exec::LocalExecutor::Create(ExecutorOptions(flow, choices, parts, record, environments),
                                  machine.processes, machine.clock, artifacts));
  TaskRecorder recorder(runs, machine.clock,
                        {.run = {.flow = flow.name, .run = run},
                         .environments = record.environments,
                         .host = record.host,
                         .origin_run = origin_run,
                         .max_log_bytes = choices.max_log_bytes});
  flow::Scheduler scheduler(graph, std::move(scheduling));
  FLOWSTONE_LET(
      flow::RunOutcome outcome,
      flow::RunFlow(
          scheduler,
          {.executor = *executor, .events = parts.events, .recorder = recorder, .stop = *stop},
          {.max_workers = choices.max_workers}));
  return FinishedRun{.run = run, .outcome = std::move(outcome)};
}

}  // namespace flowstone::app
