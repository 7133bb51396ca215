// `lock`, `sync` and `exec`: environments without a flow.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/requirement_lines.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/lock_output.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/find_program.h"
#include "flowstone/os/path.h"
#include "flowstone/os/replace_process.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {
namespace {

// The requirements of the command line and of -r files, in this order.
Result<app::EnvironmentWish> WishOf(EngineSession& session) {
  app::EnvironmentWish wish{.python = session.arguments.Value("python").value_or("")};
  if (const auto found = session.arguments.positionals.find("spec");
      found != session.arguments.positionals.end()) {
    for (const std::string& spec : found->second) {
      FLOWSTONE_LET(pypi::Requirement requirement, pypi::Requirement::Parse(spec));
      wish.requirements.push_back({.requirement = std::move(requirement)});
    }
  }
  for (const std::string& file : session.arguments.Values("requirements")) {
    const std::string path = os::AbsolutePath(session.machine.working_directory, file);
    FLOWSTONE_LET(const std::string text,
                  Annotate(session.machine.filesystem.ReadFile(path), "while reading " + file));
    FLOWSTONE_LET(std::vector<pypi::Requirement> requirements,
                  app::ParseRequirementLines(text, file));
    for (pypi::Requirement& requirement : requirements) {
      wish.requirements.push_back({.requirement = std::move(requirement), .origin = file});
    }
  }
  if (wish.requirements.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "nothing to lock",
                 .hints = {"name requirements, or a file of them with -r"}};
  }
  return wish;
}

Result<std::string> ReadLock(EngineSession& session) {
  const std::string name = session.arguments.Positional("lock");
  return Annotate(session.machine.filesystem.ReadFile(
                      os::AbsolutePath(session.machine.working_directory, name)),
                  "while reading the lock " + name);
}

struct ReadyEnvironment {
  app::LockedEnvironment locked;
  install::Environment environment;
};

Result<ReadyEnvironment> PrepareLock(EngineSession& session) {
  FLOWSTONE_LET(const app::EnvironmentSettings settings,
                EnvironmentSettingsOf(session.arguments, ""));
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(const std::string text, ReadLock(session));
  const auto progress = MakeProgress(session.arguments, session.console, session.machine.clock);
  app::EnvironmentService service(session.machine, home, nullptr, *progress, settings);
  const std::string directory = os::DirName(
      os::AbsolutePath(session.machine.working_directory, session.arguments.Positional("lock")));
  FLOWSTONE_LET(
      app::LockedEnvironment locked,
      Annotate(service.UseLock(text, session.arguments.Value("python").value_or(""), directory),
               "while reading the lock " + session.arguments.Positional("lock")));
  FLOWSTONE_LET(install::Environment environment, service.Prepare(locked));
  for (const std::string& warning : environment.warnings) {
    session.console.PrintWarning(warning);
  }
  return ReadyEnvironment{.locked = std::move(locked), .environment = std::move(environment)};
}

}  // namespace

Result<int> CommandLock(EngineSession& session) {
  FLOWSTONE_LET(const app::EnvironmentWish wish, WishOf(session));
  FLOWSTONE_LET(const app::EnvironmentSettings settings,
                EnvironmentSettingsOf(session.arguments, ""));
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  const auto progress = MakeProgress(session.arguments, session.console, session.machine.clock);
  app::EnvironmentService service(session.machine, home, nullptr, *progress, settings);
  FLOWSTONE_LET(LockOutput output, LockOutput::Open(session));
  const std::string origin = "the command line";
  if (session.arguments.Has("check")) {
    FLOWSTONE_LET(const install::Interpreter interpreter, service.FindPython(wish.python));
    if (output.IsCurrent(service.RequestOf(wish, origin, interpreter))) {
      return 0;
    }
  }
  output.Prefer(service);
  FLOWSTONE_LET(const app::LockedEnvironment locked, service.Lock(wish, origin));
  for (const std::string& warning : locked.warnings) {
    session.console.PrintWarning(warning);
  }
  return output.Finish(locked);
}

Result<int> CommandSync(EngineSession& session) {
  FLOWSTONE_LET(const ReadyEnvironment ready, PrepareLock(session));
  const std::string id = ready.environment.id.ToString();
  if (session.arguments.Has("json")) {
    session.console.Out(
        nlohmann::json({{"directory", ready.environment.directory},
                        {"id", id},
                        {"python", ready.environment.python},
                        {"outcome", install::EnvironmentOutcomeName(ready.environment.outcome)}})
            .dump(2) +
        "\n");
  } else {
    session.console.Out(fmt::format("{}\n{}\n", ready.environment.directory, id));
  }
  return 0;
}

Result<int> CommandExec(EngineSession& session) {
  FLOWSTONE_LET(const ReadyEnvironment ready, PrepareLock(session));
  std::vector<std::string> command = session.arguments.positionals.at("command");
  os::Environment variables = session.machine.environment;
  const std::string bin = os::JoinPath(ready.environment.directory, "bin");
  variables.Set("PATH", bin + ":" + variables.Get("PATH").value_or("/usr/bin:/bin"));
  variables.Set("VIRTUAL_ENV", ready.environment.directory);
  variables.Set("PYTHONNOUSERSITE", "1");
  for (const char* name : {"PYTHONHOME", "PYTHONPATH"}) {
    variables.Unset(name);
  }
  if (command.front().find('/') == std::string::npos) {
    FLOWSTONE_LET(command.front(), os::FindProgram(command.front(), *variables.Get("PATH")));
  }
  FLOWSTONE_TRY(os::ReplaceProcess(command, variables.ToMap()));
  return 1;
}

}  // namespace flowstone::cli
