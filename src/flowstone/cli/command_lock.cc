// `lock`: from requirements to a lock file.
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/foreign_files.h"
#include "flowstone/app/index_access.h"
#include "flowstone/app/lock_inputs.h"
#include "flowstone/app/lock_policies.h"
#include "flowstone/app/uv_files.h"
#include "flowstone/base/leave_to_exit.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/lazy_connection.h"
#include "flowstone/cli/lock_options.h"
#include "flowstone/cli/lock_output.h"
#include "flowstone/cli/lock_targets.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {
namespace {

// Everything that is to be locked, and how.
struct LockTask {
  app::LockInputs inputs;
  app::EnvironmentSettings settings;
};

// What only the backend of a project knows. Locking a project is permission to run its own code.
Result<std::string> AskBackend(EngineSession& session, const std::string& home,
                               const index::IndexSettings& configured,
                               app::EnvironmentSettings settings, const std::string& directory,
                               const project::PyProject& document) {
  session.console.Err(fmt::format(
      "{} leaves what it depends on to its build backend, which is asked\n", document.file));
  FLOWSTONE_LET(app::LockInputs rules, app::ReadTableRules(document));
  FLOWSTONE_LET(const app::LockPolicyWish policies,
                LockPoliciesOf(session.arguments, session.machine.environment));
  FLOWSTONE_TRY(app::AddUvFiles(configured.uv_files, session.machine.working_directory,
                                app::UvFileRules::kPolicies, rules));
  FLOWSTONE_TRY(app::ApplyLockPolicies(policies, rules, configured.pip,
                                       session.machine.clock.NowNs() / 1000, settings));
  rules.wish.python = session.arguments.Value("python").value_or("");
  const auto progress = MakeProgress(session.arguments, session.console, session.machine.clock);
  app::EnvironmentService service(session.machine, home, nullptr, *progress, std::move(settings));
  FLOWSTONE_TRY(ChooseInterpreter(session, service, rules.wish));
  FLOWSTONE_LET(const auto answer,
                service.AskBackend(directory, document.project->name, rules.wish));
  for (const std::string& warning : answer.warnings) {
    session.console.PrintWarning(warning);
  }
  return answer.metadata;
}

// A lock of another tool is taken as it is: nothing that chooses versions concerns it.
Status HearUvFiles(EngineSession& session, const std::vector<index::UvConfigFile>& files,
                   app::LockInputs& inputs) {
  if (inputs.lock) {
    return Ok();
  }
  FLOWSTONE_LET(
      const std::vector<std::string> warnings,
      app::AddUvFiles(files, session.machine.working_directory, app::UvFileRules::kAll, inputs));
  for (const std::string& warning : warnings) {
    session.console.PrintWarning(warning);
  }
  if (const std::string note = app::NoteOfSettingsNotObeyed(inputs, session.machine.environment);
      !note.empty()) {
    session.console.PrintWarning(note);
  }
  return Ok();
}

Result<LockTask> ReadTask(EngineSession& session, const std::string& home) {
  LockTask task;
  FLOWSTONE_LET(task.settings, EnvironmentSettingsOf(session.arguments, "", session.console,
                                                     session.machine.clock));
  task.settings.packages.cache_directory = install::CacheLayout(home).index();
  FLOWSTONE_LET(app::IndexAccess loaded,
                app::IndexAccess::Load(session.machine, task.settings.packages.request,
                                       task.settings.packages.default_index_url));
  task.settings.packages.access = std::make_shared<const app::IndexAccess>(std::move(loaded));
  const app::IndexAccess& access = *task.settings.packages.access;
  if (session.arguments.Has("verbose")) {
    for (const std::string& found : access.settings.provenance) {
      session.console.Err(found + "\n");
    }
  }
  FLOWSTONE_LET(const app::LockInputSpec spec,
                LockInputsOf(session.arguments, session.machine.environment,
                             access.settings.pip.constraints));
  FLOWSTONE_LET(const app::LockPolicyWish policies,
                LockPoliciesOf(session.arguments, session.machine.environment));
  LazyConnection connection(session.machine, task.settings.packages);
  const auto ask = [&](const std::string& directory, const project::PyProject& document) {
    return AskBackend(session, home, access.settings, task.settings, directory, document);
  };
  FLOWSTONE_LET(task.inputs,
                app::ReadLockInputs(
                    session.machine, spec,
                    [&](const std::string& url) { return connection.FetchText(url); }, ask));
  FLOWSTONE_TRY(HearUvFiles(session, access.settings.uv_files, task.inputs));
  FLOWSTONE_LET(const std::vector<std::string> notes,
                app::ApplyLockPolicies(policies, task.inputs, access.settings.pip,
                                       session.machine.clock.NowNs() / 1000, task.settings));
  for (const std::string& note : notes) {
    session.console.PrintWarning(note);
  }
  if (task.inputs.default_file && VerbosityOf(session.arguments) != Verbosity::kQuiet) {
    session.console.Err(fmt::format("locking the project of {}\n", *task.inputs.default_file));
  }
  task.inputs.wish.python = session.arguments.Value("python").value_or("");
  return task;
}

// The usual Python if the project allows it, else one that it allows.
Status ChoosePython(app::EnvironmentService& service, app::LockInputs& inputs) {
  if (!inputs.wish.python.empty() || inputs.requires_python.empty()) {
    return Ok();
  }
  const Result<install::Interpreter> usual = service.FindPython("");
  const bool is_allowed =
      usual && inputs.requires_python.Contains(usual->target.python_full_version);
  if (!is_allowed) {
    inputs.wish.python = inputs.requires_python.ToString();
  }
  return Ok();
}

// An error says who asks for a Python that is not there, unless it is the command line.
Result<install::Interpreter> InterpreterFor(const EngineSession& session,
                                            app::EnvironmentService& service,
                                            app::EnvironmentWish& wish) {
  const std::string wanted = wish.python;
  Result<install::Interpreter> found = ChooseInterpreter(session, service, wish);
  if (!found && !wanted.empty() && !session.arguments.Has("python")) {
    return std::move(found.error()).WithContext("as requires-python of the project says");
  }
  return found;
}

// What --require-hashes cannot have: trees of files, which nobody hashed.
Status CheckHashes(const lock::Lock& lock, const std::string& shown) {
  for (const lock::LockedPackage& package : lock.packages) {
    const bool is_tree = package.direct && package.direct->kind != lock::DirectKind::kArchive;
    if (is_tree) {
      return Error{
          .code = ErrorCode::kInvalid,
          .message = shown + " takes " + package.name.ToString() + " from a " +
                     (package.direct->kind == lock::DirectKind::kVcs ? "repository" : "directory") +
                     ", which has no hash, and hashes are required"};
    }
  }
  return Ok();
}

Result<int> LockVerbatim(EngineSession& session, LockTask& task, const LockOutput& output) {
  app::VerbatimLock& lock = *task.inputs.lock;
  for (const std::string& warning : lock.foreign.warnings) {
    session.console.PrintWarning(warning);
  }
  if (!lock.not_applied.empty() && VerbosityOf(session.arguments) != Verbosity::kQuiet) {
    session.console.Err(fmt::format("{} is taken as it is: {} {} no effect on it\n", lock.shown,
                                    JoinText(lock.not_applied, ", "),
                                    lock.not_applied.size() == 1 ? "has" : "have"));
  }
  app::LockedEnvironment locked;
  if (lock.foreign.by_hash.empty()) {
    locked.lock = std::move(lock.foreign.lock);
  } else {
    LazyConnection connection(session.machine, task.settings.packages);
    FLOWSTONE_LET(app::PackageConnection * open, connection.Get());
    FLOWSTONE_LET(locked.lock, Annotate(app::LocateFiles(std::move(lock.foreign), open->index()),
                                        "while looking for the files of " + lock.shown));
  }
  if (task.settings.hashes == resolve::HashPolicy::kRequired) {
    FLOWSTONE_TRY(CheckHashes(locked.lock, lock.shown));
  }
  app::MovePaths(locked.lock, lock.directory, output.directory());
  locked.lock.created_by = std::string(lock::kCreatedBy);
  locked.text = lock::WriteLock(locked.lock);
  return output.Finish(locked);
}

}  // namespace

Result<int> CommandLock(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(LockTask task, ReadTask(session, home));
  FLOWSTONE_LET(LockOutput output, LockOutput::Open(session));
  if (task.inputs.lock) {
    return LockVerbatim(session, task, output);
  }
  const auto progress = MakeProgress(session.arguments, session.console, session.machine.clock);
  task.settings.leftovers = resolve::Leftovers::kLeftToExit;
  app::EnvironmentService service(session.machine, home, nullptr, *progress, task.settings);
  app::EnvironmentWish& wish = task.inputs.wish;
  if (!session.arguments.Has("check")) {
    service.FetchAhead(wish);
  }
  FLOWSTONE_TRY(ChoosePython(service, task.inputs));
  FLOWSTONE_LET(const install::Interpreter interpreter, InterpreterFor(session, service, wish));
  FLOWSTONE_TRY(ChooseTargets(session, interpreter, task.inputs));
  const std::string origin = "the command line";
  const bool may_move =
      session.arguments.Has("upgrade") || session.arguments.Has("upgrade-package");
  if (session.arguments.Has("check") &&
      output.Answers(service.RequestOf(wish, origin, interpreter)) && !may_move) {
    return output.ReportCurrent();
  }
  output.Prefer(service);
  FLOWSTONE_LET(app::LockedEnvironment locked, service.Lock(wish, origin));
  for (const std::string& warning : locked.warnings) {
    session.console.PrintWarning(warning);
  }
  for (const resolve::MissingWheels& missing : locked.missing_wheels) {
    session.console.PrintWarning(missing.ToString());
  }
  Result<int> status = output.Finish(locked);
  LeaveToExit(std::move(locked));
  return status;
}

}  // namespace flowstone::cli
