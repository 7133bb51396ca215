// `sync` and `exec`: from a lock to an environment, without a flow.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "flowstone/app/background_bytecode.h"
#include "flowstone/app/environment_service.h"
#include "flowstone/app/lock_inputs.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/environment_report.h"
#include "flowstone/cli/lazy_connection.h"
#include "flowstone/cli/lock_options.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/install/environment_variables.h"
#include "flowstone/os/find_program.h"
#include "flowstone/os/path.h"
#include "flowstone/os/private_layer.h"
#include "flowstone/os/replace_process.h"
#include "flowstone/os/user_directories.h"
#include "flowstone/project/foreign_lock.h"

namespace flowstone::cli {
namespace {

// Whether the text has the key that only a pylock.toml has before its first table (PEP 751). It
// saves parsing it to find out what it is.
bool BeginsAsPylock(std::string_view text) {
  constexpr std::string_view key = "lock-version";
  while (!text.empty() && !text.starts_with('[')) {
    if (text.starts_with(key)) {
      return true;
    }
    const std::size_t line = text.find('\n');
    text.remove_prefix(line == std::string_view::npos ? text.size() : line + 1);
  }
  return false;
}

Result<std::string> ReadLock(EngineSession& session) {
  const std::string name = session.arguments.Positional("lock");
  FLOWSTONE_LET(std::string text, Annotate(session.machine.filesystem.ReadFile(os::AbsolutePath(
                                               session.machine.working_directory, name)),
                                           "while reading the lock " + name));
  if (BeginsAsPylock(text)) {
    return text;
  }
  const auto format = project::LockFormatOf(os::BaseName(name), text);
  const bool may_be_lock = format ? format == project::LockFormat::kPylock
                                  : text.find("lock-version") != std::string::npos;
  if (!may_be_lock) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = name + (format ? " is a lock of another tool" : " is no pylock.toml"),
                 .hints = {"make one of it: flowstone lock -r " + name + " -o pylock.toml"}};
  }
  return text;
}

// --extra and --group. Groups that are named stand in for the default ones (PEP 751).
Result<lock::SelectOptions> SelectionOf(const EngineSession& session) {
  lock::SelectOptions selection;
  for (const std::string& text : session.arguments.Values("extra")) {
    FLOWSTONE_LET(const pypi::ExtraName extra, pypi::ExtraName::Parse(text));
    selection.extras.push_back(extra);
  }
  for (const std::string& text : session.arguments.Values("group")) {
    FLOWSTONE_LET(const pypi::GroupName group, pypi::GroupName::Parse(text));
    if (!selection.groups) {
      selection.groups.emplace();
    }
    selection.groups->push_back(group);
  }
  return selection;
}

Status CheckSelection(const lock::SelectOptions& selection, const lock::Lock& lock) {
  const auto missing = [](const std::string& what, const std::string& name) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "the lock has no " + what + " '" + name + "'"};
  };
  for (const pypi::ExtraName& extra : selection.extras) {
    if (std::ranges::find(lock.extras, extra) == lock.extras.end()) {
      return missing("extra", extra.ToString());
    }
  }
  for (const pypi::GroupName& group : selection.groups.value_or(std::vector<pypi::GroupName>())) {
    const auto& known = lock.dependency_groups;
    if (std::ranges::find(known, group) == known.end()) {
      return missing("dependency group", group.ToString());
    }
  }
  return Ok();
}

// Those of --build-constraint, for sources in a lock that says nothing about their builds.
Result<resolve::BuildWish> BuildConstraintsOf(const EngineSession& session,
                                              const app::PackageConnection::Options& packages) {
  FLOWSTONE_LET(app::LockInputSpec spec,
                LockInputsOf(session.arguments, session.machine.environment, {}));
  spec = {.build_constraint_files = std::move(spec.build_constraint_files)};
  LazyConnection connection(session.machine, packages);
  FLOWSTONE_LET(app::LockInputs rules,
                app::ReadLockRules(session.machine, spec, [&](const std::string& url) {
                  return connection.FetchText(url);
                }));
  return std::move(rules.wish.builds);
}

// The text of a lock, what of it is wanted, and what makes environments of it.
struct OpenedLock {
  std::unique_ptr<ProgressSink> progress;
  std::unique_ptr<app::EnvironmentService> service;
  std::string name;       // as it was given
  std::string text;       // of the pylock.toml
  std::string directory;  // where it lies, absolute
  std::string python;     // a request; empty for what the lock says
  lock::SelectOptions selection;
};

// `python` stands in for --python.
Result<OpenedLock> OpenLock(EngineSession& session, const std::string& python) {
  FLOWSTONE_LET(
      app::EnvironmentSettings settings,
      EnvironmentSettingsOf(session.arguments, "", session.console, session.machine.clock));
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  settings.packages.cache_directory = install::CacheLayout(home).index();
  FLOWSTONE_LET(const resolve::BuildWish constraints,
                BuildConstraintsOf(session, settings.packages));
  settings.builds.wish.Add(constraints);
  OpenedLock opened;
  FLOWSTONE_LET(opened.text, ReadLock(session));
  opened.progress = MakeProgress(session.arguments, session.console, session.machine.clock);
  opened.service = std::make_unique<app::EnvironmentService>(session.machine, home, nullptr,
                                                             *opened.progress, settings);
  opened.name = session.arguments.Positional("lock");
  opened.directory = os::DirName(os::AbsolutePath(session.machine.working_directory, opened.name));
  opened.python = session.arguments.Value("python").value_or(python);
  FLOWSTONE_LET(opened.selection, SelectionOf(session));
  return opened;
}

Result<app::LockedEnvironment> UseLock(const OpenedLock& opened) {
  FLOWSTONE_LET(app::LockedEnvironment locked,
                Annotate(opened.service->UseLock(opened.text, opened.python, opened.directory),
                         "while reading the lock " + opened.name));
  FLOWSTONE_TRY(CheckSelection(opened.selection, locked.lock));
  locked.selection = opened.selection;
  return locked;
}

void PrintWarnings(EngineSession& session, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    session.console.PrintWarning(warning);
  }
}

void CompileWhatLacksBytecode(EngineSession& session, app::EnvironmentService& service) {
  const std::string said = app::CompileInBackground(session.machine, service);
  if (!said.empty() && VerbosityOf(session.arguments) == Verbosity::kVerbose) {
    session.console.Err(session.console.err_style().Dim(said) + "\n");
  }
}

Result<install::Environment> PrepareShared(EngineSession& session) {
  const std::int64_t began_ns = session.machine.clock.MonotonicNs();
  FLOWSTONE_LET(const OpenedLock opened, OpenLock(session, ""));
  const Verbosity verbosity = VerbosityOf(session.arguments);
  if (verbosity != Verbosity::kVerbose) {  // whoever wants to know why is told, from the lock
    FLOWSTONE_LET(std::optional<install::Environment> known,
                  Annotate(opened.service->PrepareKnown(opened.text, opened.python,
                                                        opened.directory, opened.selection),
                           "while reading the lock " + opened.name));
    if (known) {
      return *std::move(known);
    }
  }
  FLOWSTONE_LET(const app::LockedEnvironment locked, UseLock(opened));
  FLOWSTONE_LET(install::Environment environment, opened.service->Prepare(locked));
  if (verbosity == Verbosity::kVerbose) {
    for (const std::string& line : EnvironmentDecisions(locked, environment)) {
      session.console.Err(line + "\n");
    }
  }
  const bool is_news = environment.outcome != install::EnvironmentOutcome::kReused;
  if (verbosity == Verbosity::kVerbose || (verbosity == Verbosity::kNormal && is_news)) {
    const std::int64_t elapsed_ns = session.machine.clock.MonotonicNs() - began_ns;
    session.console.Err(EnvironmentSummary(environment, elapsed_ns) + "\n");
  }
  PrintWarnings(session, environment.warnings);
  if (!environment.message.empty()) {
    session.console.Err(environment.message + "\n");
  }
  CompileWhatLacksBytecode(session, *opened.service);
  return environment;
}

// "+ numpy 2.1.0", "~ demo 1.0 → 1.1"; of what stays as it is only when everything is told.
std::string ChangeLine(const install::VenvChange& change, const TerminalStyle& style,
                       Verbosity verbosity) {
  const bool tells_all = verbosity == Verbosity::kVerbose;
  switch (change.action) {
    case install::VenvAction::kAdd:
      return style.Green("+") + " " + change.name + " " + change.after + "\n";
    case install::VenvAction::kUpdate:
      return style.Yellow("~") + " " + change.name + " " + change.before + " → " + change.after +
             "\n";
    case install::VenvAction::kReplace:
      return style.Yellow("~") + " " + change.name + " " + change.after + "\n";
    case install::VenvAction::kRemove:
      return style.Red("-") + " " + change.name + " " + change.before + "\n";
    case install::VenvAction::kKeep:
      return tells_all ? "= " + change.name + " " + change.after + "\n" : "";
    case install::VenvAction::kLeave:
      return tells_all ? "  " + change.name + " " + change.before + ", of another installer\n" : "";
  }
  return "";
}

// "3 added, 1 removed, 92 unchanged, 2 of other installers left alone".
std::string SummaryOf(const install::VenvSyncReport& report) {
  constexpr std::array<std::string_view, 6> words = {
      "added", "updated", "replaced", "removed", "unchanged", "of other installers left alone"};
  std::array<std::size_t, words.size()> counts = {};
  for (const install::VenvChange& change : report.changes) {
    ++counts.at(static_cast<std::size_t>(change.action));
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (counts.at(i) > 0) {
      parts.push_back(fmt::format("{} {}", counts.at(i), words.at(i)));
    }
  }
  return parts.empty() ? "no packages" : JoinText(parts, ", ");
}

nlohmann::json ReportJson(const install::VenvSyncReport& report, const std::string& directory) {
  nlohmann::json changes = nlohmann::json::array();
  for (const install::VenvChange& change : report.changes) {
    const auto version = [](const std::string& text) {
      return text.empty() ? nlohmann::json() : nlohmann::json(text);
    };
    changes.push_back({{"name", change.name},
                       {"action", install::VenvActionName(change.action)},
                       {"before", version(change.before)},
                       {"after", version(change.after)}});
  }
  return {{"directory", directory},
          {"python", os::JoinPath(directory, "bin/python")},
          {"current", report.is_current()},
          {"packages", std::move(changes)}};
}

// Unless it is told otherwise, a virtual environment that is there is for its own Python.
std::string PythonOf(EngineSession& session, const std::string& directory) {
  const auto place = install::LookAtVenv(session.machine.filesystem, directory);
  return place && *place == install::VenvPlace::kVenv ? os::JoinPath(directory, "bin/python") : "";
}

// A layer is of a process, not of a directory.
Status RefuseLayer(const ParsedArguments& arguments) {
  const auto mode = arguments.Value("link-mode");
  if (!mode) {
    return Ok();
  }
  FLOWSTONE_LET(
      const install::LinkWish wish,
      Annotate(install::ParseLinkWish(*mode), "while reading " + arguments.Shown("link-mode")));
  if (wish.layer == install::Layer::kShared) {
    return Ok();
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = arguments.Shown("link-mode") +
                          " is overlay, which exists only for the programs that run in an "
                          "environment: a directory has none",
               .hints = {"flowstone exec --link-mode overlay LOCK -- COMMAND runs a program so",
                         "sync without it makes the same environment"}};
}

Result<int> SyncInto(EngineSession& session, const std::string& name) {
  const bool is_check = session.arguments.Has("check");
  const bool is_look = is_check || session.arguments.Has("dry-run");
  const std::string directory = os::AbsolutePath(session.machine.working_directory, name);
  FLOWSTONE_LET(const OpenedLock opened, OpenLock(session, PythonOf(session, directory)));
  FLOWSTONE_LET(const app::LockedEnvironment locked, UseLock(opened));
  FLOWSTONE_LET(
      const install::VenvSyncReport report,
      opened.service->SyncInto(locked, directory,
                               is_look ? install::SyncDepth::kLook : install::SyncDepth::kApply));
  PrintWarnings(session, report.warnings);
  if (session.arguments.Has("json")) {
    session.console.Out(ReportJson(report, directory).dump(2) + "\n");
  } else {
    std::string lines;
    for (const install::VenvChange& change : report.changes) {
      lines += ChangeLine(change, session.console.out_style(), VerbosityOf(session.arguments));
    }
    session.console.Out(lines);
    if (VerbosityOf(session.arguments) != Verbosity::kQuiet) {
      session.console.Err(fmt::format("{} in {}{}\n", SummaryOf(report), name,
                                      is_look ? " (nothing was written)" : ""));
    }
  }
  return is_check && !report.is_current() ? 1 : 0;
}

}  // namespace

Result<int> CommandSync(EngineSession& session) {
  FLOWSTONE_TRY(RefuseLayer(session.arguments));
  if (const auto into = session.arguments.Value("into")) {
    return SyncInto(session, *into);
  }
  for (const char* option : {"check", "dry-run"}) {
    if (session.arguments.Has(option)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = fmt::format("--{} is about a directory: give --into, too", option)};
    }
  }
  FLOWSTONE_LET(const install::Environment environment, PrepareShared(session));
  const std::string id = environment.id.ToString();
  if (session.arguments.Has("json")) {
    session.console.Out(
        nlohmann::json({{"directory", environment.directory},
                        {"id", id},
                        {"python", environment.python},
                        {"link_mode", install::LinkModeName(environment.link_mode)},
                        {"outcome", install::EnvironmentOutcomeName(environment.outcome)}})
            .dump(2) +
        "\n");
  } else {
    session.console.Out(fmt::format("{}\n{}\n", environment.directory, id));
  }
  return 0;
}

Result<int> CommandExec(EngineSession& session) {
  FLOWSTONE_LET(const install::Environment environment, PrepareShared(session));
  std::vector<std::string> command = session.arguments.positionals.at("command");
  os::Environment variables = session.machine.environment;
  for (const auto& [name, value] :
       install::VariablesInside(environment.directory, variables.Get("PATH"))) {
    if (value) {
      variables.Set(name, *value);
    } else {
      variables.Unset(name);
    }
  }
  if (command.front().find('/') == std::string::npos) {
    FLOWSTONE_LET(command.front(), os::FindProgram(command.front(), *variables.Get("PATH")));
  }
  if (environment.lease != nullptr) {
    FLOWSTONE_TRY(environment.lease->KeepThroughExec());
  }
  FLOWSTONE_LET(const os::PrivateLayer layer, os::PrivateLayer::Prepare(environment.layered));
  if (const Status entered = layer.Enter(); !entered) {
    return install::NoLayerError(entered.error());
  }
  FLOWSTONE_TRY(os::ReplaceProcess(command, variables.ToMap()));
  return 1;
}

}  // namespace flowstone::cli
