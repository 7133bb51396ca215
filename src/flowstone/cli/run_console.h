// RunConsole: prints a run as Metaflow does: a line per event and per line of a task's output, with
// the time and the pathspec in front.
//
//   2026-11-22 16:04:05.678 [1795336457223/start/1 (pid 4711)] Task is starting.
//
// Lines of the run go to standard output, as Metaflow's; notices to standard error.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "flowstone/app/run_flow.h"
#include "flowstone/cli/console.h"
#include "flowstone/flow/event_sink.h"
#include "flowstone/os/clock.h"

namespace flowstone::cli {

enum class Verbosity : std::uint8_t { kQuiet, kNormal, kVerbose };

class RunConsole final : public flow::EventSink, public app::RunNotices {
 public:
  // Both outlive it.
  RunConsole(Console& console, os::Clock& clock, Verbosity verbosity)
      : console_(console), clock_(clock), verbosity_(verbosity) {}

  void OnWarning(const std::string& text) override;
  void OnDecision(const std::string& text) override;
  void OnEnvironmentsReady(std::size_t environments, std::size_t resolved, std::size_t built,
                           std::int64_t elapsed_ns) override;
  void OnRunCreated(const std::string& flow, const std::string& run) override;
  void OnEvent(const flow::RunEvent& event) override;

 private:
  // One overload for each kind of event.
  void Print(const flow::RunStartedEvent& event);
  void Print(const flow::TaskStartedEvent& event);
  void Print(const flow::TaskOutputEvent& event);
  void Print(const flow::TaskSucceededEvent& event);
  void Print(const flow::TaskFailedEvent& event);
  void Print(const flow::TaskClonedEvent& event);
  void Print(const flow::ForeachYieldedEvent& event);
  void Print(const flow::RunStoppingEvent& event);
  void Print(const flow::RunFinishedEvent& event);

  // "2026-11-22 16:04:05.678 ", in local time.
  std::string Timestamp();
  std::string TaskHead(const std::string& step, flow::TaskId task, int pid);
  void Line(const std::string& head, std::string_view body);

  Console& console_;
  os::Clock& clock_;
  const Verbosity verbosity_;
  std::string flow_;
  std::string run_;
};

}  // namespace flowstone::cli
