#include "flowstone/cli/run_console.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <csignal>
#include <ctime>
#include <variant>

#include "flowstone/base/text.h"

namespace flowstone::cli {
namespace {

std::string Plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

void RunConsole::OnWarning(const std::string& text) {
  console_.PrintWarning(text);
}

void RunConsole::OnDecision(const std::string& text) {
  if (verbosity_ == Verbosity::kVerbose) {
    console_.Err(console_.err_style().Dim(text) + "\n");
  }
}

void RunConsole::OnEnvironmentsReady(std::size_t environments, std::size_t resolved,
                                     std::size_t built, std::int64_t elapsed_ns) {
  if (verbosity_ == Verbosity::kQuiet) {
    return;
  }
  std::string what = resolved == 0 && built == 0
                         ? "nothing to resolve, download or install"
                         : fmt::format("{} resolved, {} built", resolved, built);
  console_.Err(fmt::format("{} ready in {}: {}\n", Plural(environments, "environment"),
                           FormatDuration(elapsed_ns), what));
}

void RunConsole::OnRunCreated(const std::string& flow, const std::string& run) {
  flow_ = flow;
  run_ = run;
}

void RunConsole::OnEvent(const flow::RunEvent& event) {
  std::visit([this](const auto& kind) { Print(kind); }, event);
}

std::string RunConsole::Timestamp() {
  const std::int64_t now_ms = clock_.NowNs() / 1'000'000;
  const std::tm local = fmt::localtime(static_cast<std::time_t>(now_ms / 1000));
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} ", local, now_ms % 1000);
}

std::string RunConsole::TaskHead(const std::string& step, flow::TaskId task, int pid) {
  std::string head = fmt::format("[{}/{}/{}", run_, step, task.ToString());
  if (pid > 0) {
    head += fmt::format(" (pid {})", pid);
  }
  return head + "] ";
}

void RunConsole::Line(const std::string& head, std::string_view body) {
  const TerminalStyle& style = console_.out_style();
  console_.Out(style.Dim(Timestamp()) + style.Blue(head) + std::string(body) + "\n");
}

void RunConsole::Print(const flow::RunStartedEvent&) {
  if (verbosity_ != Verbosity::kQuiet) {
    Line("", console_.out_style().Bold(fmt::format("Workflow starting (run-id {}):", run_)));
  }
}

void RunConsole::Print(const flow::TaskStartedEvent& event) {
  if (verbosity_ == Verbosity::kQuiet || event.step == flow::kParametersStep) {
    return;
  }
  std::string_view body = "Task is starting.";
  if (event.kind == flow::TaskKind::kFallback) {
    body = "Task fallback is starting to handle the failure.";
  } else if (event.id.attempt > 0) {
    body = "Task is starting (retry).";
  }
  Line(TaskHead(event.step, event.id.task, event.pid), body);
}

void RunConsole::Print(const flow::TaskOutputEvent& event) {
  const std::string head = TaskHead(event.step, event.id.task, event.pid);
  for (const std::string_view line : SplitLines(event.text)) {
    Line(head, line);
  }
}

void RunConsole::Print(const flow::TaskSucceededEvent& event) {
  if (verbosity_ == Verbosity::kQuiet || event.step == flow::kParametersStep) {
    return;
  }
  Line(TaskHead(event.step, event.id.task, event.pid),
       console_.out_style().Green("Task finished successfully."));
}

void RunConsole::Print(const flow::TaskFailedEvent& event) {
  const std::string head = TaskHead(event.step, event.id.task, event.pid);
  const TerminalStyle& style = console_.out_style();
  // The traceback of a step that raised was printed by the task itself; other failures have to be
  // told here.
  if (event.failure.reason != flow::FailureReason::kUser && !event.failure.message.empty()) {
    Line(head, style.Red(event.failure.message));
  }
  if (event.failure.reason == flow::FailureReason::kEnvironment && event.exception) {
    for (const std::string_view line : SplitLines(event.exception->traceback)) {
      Line(head, line);
    }
  }
  const bool segfault = event.failure.message.find("SIGSEGV") != std::string::npos;
  Line(head, style.Red(segfault ? "Task failed with a segmentation fault." : "Task failed."));
}

void RunConsole::Print(const flow::TaskClonedEvent& event) {
  if (verbosity_ == Verbosity::kQuiet || event.step == flow::kParametersStep) {
    return;
  }
  Line(TaskHead(event.step, event.task, 0),
       fmt::format("Cloning previously run task {}/{}", event.step, event.origin_task));
}

void RunConsole::Print(const flow::ForeachYieldedEvent& event) {
  // Without a process the task was cloned, and so are its children, which say so themselves.
  if (verbosity_ != Verbosity::kQuiet && event.pid > 0) {
    Line(TaskHead(event.step, event.task, event.pid),
         fmt::format("Foreach yields {} child steps.", event.num_splits));
  }
}

void RunConsole::Print(const flow::RunStoppingEvent& event) {
  const bool graceful = event.urgency == flow::CancelUrgency::kGraceful;
  console_.Err(graceful ? "Stopping: tasks are being ended (again to kill them now)\n"
                        : "Killing all tasks\n");
}

void RunConsole::Print(const flow::RunFinishedEvent& event) {
  const TerminalStyle& style = console_.out_style();
  switch (event.outcome.status) {
    case flow::RunStatus::kSucceeded:
      if (verbosity_ != Verbosity::kQuiet) {
        Line("", style.Green(style.Bold("Done!")));
      }
      break;
    case flow::RunStatus::kFailed:
      Line("", style.Red("Workflow failed."));
      break;
    case flow::RunStatus::kInterrupted:
      Line("", style.Red("Workflow interrupted."));
      break;
  }
}

}  // namespace flowstone::cli
