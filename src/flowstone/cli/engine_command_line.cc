#include "flowstone/cli/engine_command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "flowstone/app/background_bytecode.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/build_options.h"
#include "flowstone/cli/lock_options.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/cli/package_options.h"
#include "flowstone/cli/project_options.h"
#include "flowstone/cli/python_options.h"
#include "flowstone/cli/variable_notes.h"
#include "flowstone/os/path.h"
#include "flowstone/version.h"

namespace flowstone::cli {
namespace {

using Count = PositionalSpec::Count;
using Handler = Result<int> (*)(EngineSession&);

constexpr std::array<std::pair<std::string_view, Handler>, 18> kHandlers = {{
    {"lock", CommandLock},
    {"sync", CommandSync},
    {"exec", CommandExec},
    {"tree", CommandTree},
    {"why", CommandWhy},
    {"diff", CommandDiff},
    {"code", CommandCode},
    {"python list", CommandPythonList},
    {"python find", CommandPythonFind},
    {"python install", CommandPythonInstall},
    {"python uninstall", CommandPythonUninstall},
    {"cache dir", CommandCacheDir},
    {"cache size", CommandCacheSize},
    {"cache clean", CommandCacheClean},
    {"store verify", CommandStoreVerify},
    {"doctor", CommandDoctor},
    {app::kCompileCommand, CommandCompileBytecode},
    {"rpc", CommandRpc},
}};

// Where packages come from, and the Python they are for.
std::vector<std::string> With(std::vector<std::string> more) {
  more.emplace_back("python");
  more.insert(more.end(), kPackageOptions.begin(), kPackageOptions.end());
  more.insert(more.end(), kBuildOptions.begin(), kBuildOptions.end());
  more.insert(more.end(), kPythonOptions.begin(), kPythonOptions.end());
  return more;
}

// What `lock` reads, writes and obeys.
std::vector<std::string> LockOptions() {
  std::vector<std::string> options(kLockInputOptions.begin(), kLockInputOptions.end());
  options.insert(options.end(),
                 {"output", "check", "upgrade", "upgrade-package", "target", "universal",
                  "lock-environment", "required-environment", "fork-strategy", "verbose"});
  options.insert(options.end(), kLockPolicyOptions.begin(), kLockPolicyOptions.end());
  options.emplace_back("json");
  return With(std::move(options));
}

// Which indexes, and how to reach them.
std::vector<std::string> WithIndexes(std::vector<std::string> more) {
  more.insert(more.end(), kIndexOptions.begin(), kIndexOptions.end());
  return more;
}

PositionalSpec LockPositional() {
  return {.key = "lock", .metavar = "LOCK", .help = "a pylock.toml", .count = Count::kOne};
}

PositionalSpec OptionalLockPositional() {
  return {.key = "lock",
          .metavar = "LOCK",
          .help = "a pylock.toml; the one of this directory by default",
          .count = Count::kOptional};
}

std::vector<CommandSpec> EnvironmentCommands() {
  return {
      {.name = "lock",
       .summary = "resolve requirements and write a pylock.toml",
       .options = LockOptions(),
       .positionals = {{.key = "spec",
                        .metavar = "SPEC",
                        .help = "a requirement such as \"pandas>=2\"",
                        .count = Count::kMany}},
       .epilogue =
           "example: flowstone lock \"pandas>=2\" scikit-learn --python 3.11 -o pylock.toml"},
      {.name = "sync",
       .summary = "make the environment of a lock; prints its directory and id, or what changed",
       .options = With({"into", "dry-run", "check", "json", "group", "extra", "build-constraint",
                        "link-mode", "bytecode", "compile-bytecode", "verbose"}),
       .positionals = {LockPositional()},
       .epilogue = "example: flowstone sync pylock.toml --into .venv"},
      {.name = "exec",
       .summary = "run a command inside the environment of a lock",
       .options = With({"group", "extra", "build-constraint", "link-mode", "bytecode",
                        "compile-bytecode", "verbose"}),
       .positionals = {LockPositional(),
                       {.key = "command",
                        .metavar = "COMMAND",
                        .help = "the command and its arguments",
                        .count = Count::kRest}}},
      {.name = "tree",
       .summary = "print the packages of a lock and what they need",
       .options = {"invert", "depth", "json"},
       .positionals = {OptionalLockPositional()}},
      {.name = "why",
       .summary = "print why a package is in a lock",
       .options = {"json"},
       .positionals = {{.key = "name", .metavar = "NAME", .help = "of the package"},
                       OptionalLockPositional()}},
      {.name = "diff",
       .summary = "print how two locks differ and why: exit status 0 same, 1 different",
       .options = {"json"},
       .positionals = {
           {.key = "before", .metavar = "A", .help = "a pylock.toml, or FLOW/RUN/STEP of a run"},
           {.key = "after", .metavar = "B", .help = "the other one"}}}};
}

CommandSpec PythonCommands() {
  const auto request = [](std::string help, Count count) {
    return PositionalSpec{
        .key = "request", .metavar = "VERSION", .help = std::move(help), .count = count};
  };
  return {
      .name = "python",
      .summary = "installed Pythons, and those that can be installed",
      .options = {},
      .commands = {
          {.name = "list",
           .summary = "print those that are installed; --all: and those that can be",
           .options = {"all", "managed-python", "python-builds", "json"},
           .positionals = {request("only these: 3.12, \">=3.9,<3.13\"", Count::kOptional)}},
          {.name = "find",
           .summary = "print the path of the best installed one for a request",
           .options = {"managed-python", "json"},
           .positionals = {request("3.12, \">=3.9,<3.13\", a path", Count::kOptional)}},
          {.name = "install",
           .summary = "download standalone builds of CPython; prints their paths",
           .options = {"python-mirror", "python-builds", "python-downloads", "no-python-downloads",
                       "reinstall", "offline", "trusted-host", "cert", "keyring-provider", "json"},
           .positionals = {request("3.12, 3.12.4, 3.13t, \">=3.9,<3.13\"; the newest without",
                                   Count::kMany)}},
          {.name = "uninstall",
           .summary = "remove Pythons that Flowstone installed",
           .options = {"all", "json"},
           .positionals = {request("3.12 for all of that series, 3.12.4", Count::kMany)}}}};
}

std::vector<CommandSpec> MachineCommands() {
  return {
      {.name = "code",
       .summary = "list or extract the code that a run executed",
       .options = {"into", "json"},
       .positionals = {{.key = "run", .metavar = "FLOW/RUN", .help = "the run"}}},
      PythonCommands(),
      {.name = "cache",
       .summary = "the cache of packages and environments",
       .options = {},
       .commands = {{.name = "dir", .summary = "print where it is", .options = {}},
                    {.name = "size",
                     .summary = "print what it takes on the disk, and what for",
                     .options = {"json"}},
                    {.name = "clean",
                     .summary = "remove what nobody uses; prints how much became free",
                     .options = {"older-than", "max-size", "kind", "dry-run", "json"},
                     .epilogue =
                         "example: flowstone cache clean --older-than 30d --max-size 20GiB"}}},
      {.name = "store",
       .summary = "the datastore of this directory",
       .options = {},
       .commands = {{.name = "verify",
                     .summary = "read everything and report what is damaged or missing",
                     .options = {"json"}}}},
      {.name = "doctor",
       .summary =
           "check this machine, the cache and the datastore, and say how to mend what is wrong",
       .options = WithIndexes({"json", "thorough", "python-mirror", "managed-python"})},
      {.name = app::kCompileCommand,
       .summary = "compile packages in the background (started by sync, exec and runs)",
       .options = {}},
      {.name = "rpc", .summary = "answer the client API (started by it)", .options = {"channel"}}};
}

// Where the project is looked for: around the first pyproject.toml that is named, else here.
std::string ProjectDirectory(const app::Machine& machine, const ParsedArguments& arguments) {
  for (const std::string& file : arguments.Values("requirements")) {
    if (os::BaseName(file) == "pyproject.toml" && file.find("://") == std::string::npos) {
      return os::DirName(os::AbsolutePath(machine.working_directory, file));
    }
  }
  return machine.working_directory;
}

}  // namespace

CommandSpec EngineCommandSpec() {
  CommandSpec root{.name = "flowstone",
                   .summary =
                       "Runs Python flows and manages everything they depend on. "
                       "`flowstone flow.py ...` is `python flow.py ...`",
                   .options = {"version", "quiet", "color", "no-progress"},
                   .epilogue = "-q, --color and --no-progress may also follow the command.",
                   .shared_options = {"quiet", "color", "no-progress"}};
  root.commands = EnvironmentCommands();
  for (CommandSpec& command : MachineCommands()) {
    root.commands.push_back(std::move(command));
  }
  return root;
}

int RunEngineCommandLine(const app::Machine& machine, const std::vector<std::string>& arguments,
                         Console& console) {
  const CommandSpec spec = EngineCommandSpec();
  const std::size_t width = std::min<std::size_t>(console.width(), 100);
  auto parsed = ParseArguments(spec, arguments, machine.environment, width);
  if (!parsed) {
    return ReportFailure(console, parsed.error());
  }
  if (const auto* help = std::get_if<HelpRequest>(&*parsed)) {
    console.Out(help->text);
    return 0;
  }
  auto& given = std::get<ParsedArguments>(*parsed);
  if (const Status applied = ApplyOutputOptions(given, machine.environment, console); !applied) {
    return ReportFailure(console, WithVariables(applied.error(), spec, given, machine.environment));
  }
  if (const Status applied =
          ApplyProjectSettings(machine, ProjectDirectory(machine, given), spec, console, given);
      !applied) {
    return ReportFailure(console, given, applied.error());
  }
  if (given.Has("version")) {
    console.Out(fmt::format("flowstone {}\n", kVersion));
    return 0;
  }
  const std::string key = JoinText(given.command, " ");
  const auto handler = std::find_if(kHandlers.begin(), kHandlers.end(),
                                    [&](const auto& entry) { return entry.first == key; });
  if (handler == kHandlers.end()) {
    console.Err(RenderHelp(spec, given.command, width));
    return 2;
  }
  EngineSession session{.machine = machine, .arguments = given, .console = console};
  const Result<int> status = handler->second(session);
  return status ? *status
                : ReportFailure(console, given,
                                WithVariables(status.error(), spec, given, machine.environment));
}

}  // namespace flowstone::cli
