// RunFlow: the use case of `run` and `resume`: check, environments, code, tasks, records.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/environment_wish.h"
#include "flowstone/app/machine.h"
#include "flowstone/app/project_datastore.h"
#include "flowstone/exec/local_executor.h"
#include "flowstone/flow/description.h"
#include "flowstone/flow/event_sink.h"
#include "flowstone/flow/run_loop.h"

namespace flowstone::app {

struct ResumeChoice {
  std::optional<std::string> origin_run;  // the flow's latest run when absent
  std::optional<std::string> step;        // from here on everything runs again
};

struct RunChoices {
  EnvironmentChoice environment = EnvironmentChoice::kDeclared;
  exec::ProcessMode processes = exec::ProcessMode::kFork;
  std::map<std::string, std::string> parameters;  // as given; absent ones have their defaults
  std::vector<std::string> tags;
  std::optional<std::string> name_space;  // user:NAME when absent
  std::vector<std::string> package_suffixes;
  std::optional<std::string> run_id_file;
  std::vector<std::string> command;  // as typed, for the record
  int max_workers = 16;
  std::uint64_t max_num_splits = 100;
  std::uint64_t max_log_bytes = std::uint64_t{10} << 20U;
  std::optional<ResumeChoice> resume;
};

// What a run tells while it is being prepared, before it has an id. The command line prints it.
class RunNotices {
 public:
  virtual ~RunNotices() = default;
  virtual void OnWarning(const std::string& text) = 0;
  // A decision and its reason, one line, for those who asked for them (`--verbose`).
  virtual void OnDecision(const std::string& text) = 0;
  virtual void OnEnvironmentsReady(std::size_t environments, std::size_t resolved,
                                   std::size_t built, std::int64_t elapsed_ns) = 0;
  // Just before the first task.
  virtual void OnRunCreated(const std::string& flow, const std::string& run) = 0;
};

struct RunParts {
  const Machine& machine;
  ProjectDatastore& datastore;
  EnvironmentService& environments;
  RunNotices& notices;
  flow::EventSink& events;
  // Called once, when the run is about to be recorded: until then whatever ends the program ends
  // it, and nothing remains; from then on it is asked what the user wants.
  std::function<Result<flow::StopSignal*>()> watch_stop;
};

struct FinishedRun {
  std::string run;
  flow::RunOutcome outcome;
};

// kInvalid when the flow cannot run (all findings are in the message) or a parameter is wrong; an
// Error only for what keeps the run from happening or being recorded: a failed task is an outcome.
Result<FinishedRun> RunFlow(const flow::FlowDescription& flow, const RunChoices& choices,
                            const RunParts& parts);

// The user as Metaflow finds them: METAFLOW_USER, SUDO_USER, USERNAME, USER, else "unknown".
std::string UserName(const os::Environment& environment);

// kInvalid, with every finding, when the flow's graph is not right.
Result<flow::Graph> CheckedGraph(const flow::FlowDescription& flow);

}  // namespace flowstone::app
