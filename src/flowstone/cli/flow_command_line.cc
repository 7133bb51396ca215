#include "flowstone/cli/flow_command_line.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "flowstone/app/run_flow.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/build_options.h"
#include "flowstone/cli/flow_session.h"
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

const std::vector<std::string> kOutputOptions = {"quiet", "verbose", "color", "no-progress"};
const std::vector<std::string> kRunOptions = {"tag",          "max-workers", "max-num-splits",
                                              "max-log-size", "run-id-file", "namespace",
                                              "with",         "isolation",   "link-mode"};

std::vector<std::string> Join(std::vector<std::string> first,
                              const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

const std::vector<std::string> kFlowPackageOptions = Join(
    Join({"exclude-newer", "upgrade", "locked"}, {kPackageOptions.begin(), kPackageOptions.end()}),
    {kBuildOptions.begin(), kBuildOptions.end()});

// What else decides how environments are resolved. These stand before the command: after `run` are
// the parameters of flows, which have such names.
std::vector<std::string> FlowLockOptions() {
  std::vector<std::string> options(kLockPolicyOptions.begin(), kLockPolicyOptions.end());
  std::erase(options, "exclude-newer");
  options.insert(options.end(), kPythonOptions.begin(), kPythonOptions.end());
  return Join({kLockRuleOptions.begin(), kLockRuleOptions.end()}, options);
}

std::string MetavarOf(flow::ParameterKind kind) {
  switch (kind) {
    case flow::ParameterKind::kString:
      return "TEXT";
    case flow::ParameterKind::kInteger:
      return "INTEGER";
    case flow::ParameterKind::kFloat:
      return "FLOAT";
    case flow::ParameterKind::kBoolean:
      return "BOOLEAN";
    case flow::ParameterKind::kJson:
      return "JSON";
    case flow::ParameterKind::kFile:
      return "FILE";
  }
  return "TEXT";
}

DynamicOption OptionOf(const flow::ParameterDescription& parameter) {
  std::string variable = "METAFLOW_RUN_";
  for (const char c : parameter.name) {
    const bool lower = c >= 'a' && c <= 'z';
    variable += c == '-' ? '_' : (lower ? static_cast<char>(c - 'a' + 'A') : c);
  }
  DynamicOption option{.key = parameter.name,
                       .metavar = MetavarOf(parameter.kind),
                       .help = parameter.help,
                       .variables = {variable}};
  if (parameter.required) {
    option.help += option.help.empty() ? "[required]" : " [required]";
    option.need =
        parameter.has_default ? DynamicOption::Need::kOptional : DynamicOption::Need::kRequired;
  }
  if (parameter.has_default && !parameter.default_is_function &&
      parameter.kind != flow::ParameterKind::kFile && parameter.default_json != "null") {
    const nlohmann::json value = nlohmann::json::parse(parameter.default_json, nullptr, false);
    option.help += fmt::format("{}[default: {}]", option.help.empty() ? "" : " ",
                               value.is_string() ? value.get<std::string>() : value.dump());
  }
  return option;
}

CommandSpec PackageCommands() {
  CommandSpec package{.name = "package",
                      .summary = "look at the code package that a run would be made with",
                      .options = {}};
  package.commands = {
      {.name = "list",
       .summary = "print the files that go in",
       .options = {"archive", "why", "json"}},
      {.name = "info", .summary = "print id, size and rules", .options = {"json"}},
      {.name = "save",
       .summary = "write the package as a .tar.gz",
       .options = {},
       .positionals = {{.key = "path", .metavar = "PATH", .help = "the file to write"}}}};
  return package;
}

CommandSpec FlowEnvironmentCommands() {
  CommandSpec environment{
      .name = "environment", .summary = "look at the environments of the steps", .options = {}};
  environment.commands = {
      {.name = "lock",
       .summary = "resolve the environments of all steps and write their lock files",
       .options = Join(Join({"json", "check", "upgrade-package"}, FlowLockOptions()),
                       kFlowPackageOptions)},
      {.name = "show",
       .summary = "print what each step gets and why; resolves and installs nothing",
       .options = {"json"}},
      {.name = "diff",
       .summary = "compare with an earlier run or a lock: exit status 0 same, 1 different",
       .options = {"json"},
       .positionals = {{.key = "other",
                        .metavar = "RUN|LOCK",
                        .help = "the id of a run, or a lock file; the latest run by default",
                        .count = Count::kOptional}}}};
  return environment;
}

std::string Key(const std::vector<std::string>& command) {
  return JoinText(command, " ");
}

using FlowHandler = CommandResult (*)(FlowSession&);
constexpr std::array<std::pair<std::string_view, FlowHandler>, 17> kFlowHandlers = {{
    {"", CommandCheck},
    {"check", CommandCheck},
    {"run", CommandRun},
    {"resume", CommandResume},
    {"show", CommandShow},
    {"logs", CommandLogs},
    {"dump", CommandDump},
    {"tag add", CommandTag},
    {"tag remove", CommandTag},
    {"tag replace", CommandTag},
    {"tag list", CommandTag},
    {"package list", CommandPackageList},
    {"package info", CommandPackageInfo},
    {"package save", CommandPackageSave},
    {"environment lock", CommandEnvironmentLock},
    {"environment show", CommandEnvironmentShow},
    {"environment diff", CommandEnvironmentDiff},
}};

// Of these what the project says about environments matters; the others only look at the past.
constexpr std::array kEnvironmentCommands = {"run", "resume", "environment lock",
                                             "environment show", "environment diff"};

CommandSpec TagCommands() {
  CommandSpec tag{.name = "tag", .summary = "change or list the tags of a run", .options = {}};
  const PositionalSpec tags{
      .key = "tags", .metavar = "TAG", .help = "one or more tags", .count = Count::kMany};
  tag.commands = {
      {.name = "add", .summary = "add tags", .options = {"run-id"}, .positionals = {tags}},
      {.name = "remove", .summary = "remove tags", .options = {"run-id"}, .positionals = {tags}},
      {.name = "replace",
       .summary = "remove some tags and add others at once",
       .options = {"run-id", "add", "remove"}},
      {.name = "list", .summary = "print the tags of a run", .options = {"run-id", "json"}}};
  return tag;
}

void PrintBanner(const FlowSession& session) {
  session.console.Err(session.console.err_style().Bold(
      fmt::format("Flowstone {} executing {} for user:{}\n", kVersion, session.flow.name,
                  app::UserName(session.machine.environment))));
}

}  // namespace

CommandSpec FlowCommandSpec(const flow::FlowDescription& flow) {
  CommandSpec root{
      .name = flow.script,
      .summary =
          flow.doc.empty() ? "the flow " + flow.name : std::string(SplitLines(flow.doc).front()),
      .options =
          Join(Join({"environment", "package-suffixes", "datastore", "metadata"}, kOutputOptions),
               Join(Join(FlowLockOptions(), kFlowPackageOptions),
                    {"with", "isolation", "link-mode", "bytecode", "compile-bytecode"})),
      .epilogue = "-q, -v, --color and --no-progress may also follow the command.",
      .shared_options = kOutputOptions};
  if (root.summary.ends_with('.')) {
    root.summary.pop_back();
  }
  std::vector<DynamicOption> parameters;
  parameters.reserve(flow.parameters.size());
  for (const flow::ParameterDescription& parameter : flow.parameters) {
    parameters.push_back(OptionOf(parameter));
  }
  const PositionalSpec pathspec{.key = "pathspec",
                                .metavar = "RUN/STEP[/TASK]",
                                .help = "which tasks",
                                .count = Count::kMany};
  root.commands = {{.name = "check", .summary = "check the flow's graph", .options = {}},
                   {.name = "show", .summary = "print the steps of the flow", .options = {}},
                   {.name = "run",
                    .summary = "run the flow on this machine",
                    .options = Join(kRunOptions, kFlowPackageOptions),
                    .positionals = {},
                    .dynamic_options = parameters},
                   {.name = "resume",
                    .summary = "run again what failed, and take over what succeeded",
                    .options = Join(Join({"origin-run-id"}, kRunOptions), kFlowPackageOptions),
                    .positionals = {{.key = "step",
                                     .metavar = "STEP",
                                     .help = "from this step on everything runs again",
                                     .count = Count::kOptional}}},
                   {.name = "logs",
                    .summary = "print what tasks printed",
                    .options = {"stdout", "stderr", "both", "attempt"},
                    .positionals = {pathspec}},
                   {.name = "dump",
                    .summary = "print the artifacts of tasks",
                    .options = {"private", "include", "max-value-size", "file"},
                    .positionals = {pathspec}},
                   TagCommands(),
                   PackageCommands(),
                   FlowEnvironmentCommands()};
  return root;
}

int RunFlowCommandLine(const app::Machine& machine, const flow::FlowDescription& flow,
                       const std::vector<std::string>& arguments, Console& console) {
  const CommandSpec spec = FlowCommandSpec(flow);
  auto parsed = ParseArguments(spec, arguments, machine.environment,
                               std::min<std::size_t>(console.width(), 100));
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
  const std::string key = Key(given.command);
  if (std::ranges::find(kEnvironmentCommands, key) != kEnvironmentCommands.end()) {
    const Status applied =
        ApplyProjectSettings(machine, os::DirName(flow.file), spec, console, given);
    if (!applied) {
      return ReportFailure(console, given, applied.error());
    }
  }
  const auto handler = std::find_if(kFlowHandlers.begin(), kFlowHandlers.end(),
                                    [&](const auto& entry) { return entry.first == key; });
  if (handler == kFlowHandlers.end()) {
    console.Out(RenderHelp(spec, given.command, console.width()));
    return 2;
  }
  FlowSession session{.machine = machine,
                      .flow = flow,
                      .arguments = given,
                      .typed = arguments,
                      .console = console,
                      .verbosity = VerbosityOf(given)};
  if (session.verbosity != Verbosity::kQuiet) {
    PrintBanner(session);
  }
  const CommandResult status = handler->second(session);
  return status ? *status
                : ReportFailure(console, given,
                                WithVariables(status.error(), spec, given, machine.environment));
}

}  // namespace flowstone::cli
