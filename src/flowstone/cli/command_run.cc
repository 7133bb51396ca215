// `run` and `resume`.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "flowstone/app/flow_code.h"
#include "flowstone/app/run_flow.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/flow_session.h"
#include "flowstone/cli/flow_settings.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/os/signal_watcher.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {
namespace {

// The first signal asks tasks to stop, the second kills them.
class SignalStop final : public flow::StopSignal {
 public:
  explicit SignalStop(std::unique_ptr<os::SignalWatcher> watcher) : watcher_(std::move(watcher)) {}

  flow::StopRequest Requested() override {
    while (watcher_->Take()) {
      ++count_;
    }
    if (count_ == 0) {
      return flow::StopRequest::kNone;
    }
    return count_ == 1 ? flow::StopRequest::kGraceful : flow::StopRequest::kImmediate;
  }

 private:
  std::unique_ptr<os::SignalWatcher> watcher_;
  int count_ = 0;
};

// `text` as a shell takes it for one word.
std::string ShellWord(const std::string& text) {
  const auto is_plain = [](char c) {
    return IsAsciiAlnum(c) || std::string_view("._-+/@%:,=").find(c) != std::string_view::npos;
  };
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    return text;
  }
  std::string word = "'";
  for (const char c : text) {
    word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return word + "'";
}

Result<app::EnvironmentChoice> EnvironmentChoiceOf(const FlowSession& session) {
  const std::string kind = session.arguments.Value("environment").value_or("");
  if (kind.empty()) {
    return app::EnvironmentChoice::kDeclared;
  }
  if (kind == "pypi") {
    return app::EnvironmentChoice::kEvery;
  }
  if (kind == "local") {
    if (!app::StepsThatWantEnvironments(session.flow).empty()) {
      session.console.PrintWarning(
          "--environment=local: @pypi is switched off, all steps run in the launching interpreter");
    }
    return app::EnvironmentChoice::kNone;
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = "--environment is '" + kind + "', not pypi or local"};
}

Status CheckLocalOnly(const ParsedArguments& arguments, const std::string& key) {
  const std::string value = arguments.Value(key).value_or("local");
  if (value != "local") {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "--" + key + " is '" + value + "'; this version has local only"};
  }
  return Ok();
}

Result<app::RunChoices> ChoicesOf(const FlowSession& session) {
  const ParsedArguments& arguments = session.arguments;
  FLOWSTONE_TRY(CheckLocalOnly(arguments, "datastore"));
  FLOWSTONE_TRY(CheckLocalOnly(arguments, "metadata"));
  app::RunChoices choices;
  FLOWSTONE_LET(choices.environment, EnvironmentChoiceOf(session));
  const std::string isolation = arguments.Value("isolation").value_or("fork");
  if (isolation != "fork" && isolation != "process") {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "--isolation is '" + isolation + "', not fork or process"};
  }
  choices.processes = isolation == "process" ? exec::ProcessMode::kFresh : exec::ProcessMode::kFork;
  choices.parameters = arguments.dynamic_values;
  choices.tags = arguments.Values("tag");
  choices.name_space = arguments.Value("namespace");
  choices.package_suffixes = app::ParseSuffixes(arguments.Value("package-suffixes").value_or(""));
  choices.run_id_file = arguments.Value("run-id-file");
  choices.command = session.typed;
  FLOWSTONE_LET(const std::int64_t workers, NumberOf(arguments, "max-workers", 16, 1));
  FLOWSTONE_LET(const std::int64_t splits, NumberOf(arguments, "max-num-splits", 100, 1));
  FLOWSTONE_LET(const std::int64_t log_megabytes, NumberOf(arguments, "max-log-size", 10, 0));
  choices.max_workers = static_cast<int>(std::min<std::int64_t>(workers, 1 << 16));
  choices.max_num_splits = static_cast<std::uint64_t>(splits);
  choices.max_log_bytes = static_cast<std::uint64_t>(log_megabytes) << 20U;
  return choices;
}

void PrintHowToLook(FlowSession& session, const app::FinishedRun& finished) {
  if (session.verbosity == Verbosity::kQuiet) {
    return;
  }
  const std::string script =
      session.flow.module ? "-m " + *session.flow.module : ShellWord(session.flow.script);
  std::string text = fmt::format("Run {}/{}\n", session.flow.name, finished.run);
  if (finished.outcome.status == flow::RunStatus::kSucceeded) {
    text += fmt::format("look at it: python {} dump {}/end, or Flow('{}')['{}'] in Python\n",
                        script, finished.run, session.flow.name, finished.run);
  } else {
    text += fmt::format("look at it: python {} logs {}, or mend it and: python {} resume\n", script,
                        finished.outcome.failed_task
                            ? finished.run + "/" + *finished.outcome.failed_task
                            : finished.run + "/STEP",
                        script);
  }
  session.console.Err(session.console.err_style().Dim(text));
}

CommandResult Execute(FlowSession& session, const app::RunChoices& choices) {
  FLOWSTONE_LET(const app::EnvironmentSettings settings,
                FlowSettingsOf(session, choices.environment));
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(const auto datastore,
                app::ProjectDatastore::Open(session.machine, store::MissingDatastore::kCreate));
  const auto progress = MakeProgress(session.arguments, session.console, session.machine.clock);
  app::EnvironmentService environments(session.machine, home, datastore.get(), *progress, settings);
  RunConsole run_console(session.console, session.machine.clock, session.verbosity);
  std::optional<SignalStop> stop;
  const auto watch_stop = [&stop]() -> Result<flow::StopSignal*> {
    FLOWSTONE_LET(auto watcher, os::SignalWatcher::Create());
    return &stop.emplace(std::move(watcher));
  };
  FLOWSTONE_LET(const app::FinishedRun finished, app::RunFlow(session.flow, choices,
                                                              {.machine = session.machine,
                                                               .datastore = *datastore,
                                                               .environments = environments,
                                                               .notices = run_console,
                                                               .events = run_console,
                                                               .watch_stop = watch_stop}));
  PrintHowToLook(session, finished);
  switch (finished.outcome.status) {
    case flow::RunStatus::kSucceeded:
      return 0;
    case flow::RunStatus::kInterrupted:
      return 130;
    case flow::RunStatus::kFailed:
      break;
  }
  session.console.PrintError({.code = ErrorCode::kInternal, .message = finished.outcome.message});
  return 1;
}

}  // namespace

CommandResult CommandRun(FlowSession& session) {
  FLOWSTONE_LET(app::RunChoices choices, ChoicesOf(session));
  return Execute(session, choices);
}

CommandResult CommandResume(FlowSession& session) {
  FLOWSTONE_LET(app::RunChoices choices, ChoicesOf(session));
  app::ResumeChoice resume{.origin_run = session.arguments.Value("origin-run-id"), .step = {}};
  const std::string step = session.arguments.Positional("step");
  if (!step.empty()) {
    resume.step = step;
  }
  choices.resume = std::move(resume);
  return Execute(session, choices);
}

}  // namespace flowstone::cli
