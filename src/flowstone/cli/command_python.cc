// `python list`, `find`, `install`, `uninstall`: the interpreters of this machine.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "flowstone/app/environment_service.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {
namespace {

using install::ExistingPython;
using install::InstalledPython;
using install::PythonBuild;
using install::PythonRequest;

Result<app::EnvironmentSettings> PythonCommandSettings(EngineSession& session) {
  return EnvironmentSettingsOf(session.arguments, "", session.console, session.machine.clock);
}

std::string ShownVersion(const install::Interpreter& python) {
  return python.version.ToString() + python.abi_flags;
}

nlohmann::json JsonOf(const install::FoundInterpreter& found) {
  const install::Interpreter& python = found.interpreter;
  return {{"version", python.version.ToString()},
          {"implementation", python.implementation},
          {"source", install::InterpreterSourceName(found.source)},
          {"path", python.executable},
          {"free_threaded", python.is_free_threaded()},
          {"debug", python.abi_flags.find('d') != std::string::npos}};
}

std::string Row(const std::string& version, std::string_view implementation,
                std::string_view source, const std::string& place) {
  return fmt::format("{:<10} {:<8} {:<12} {}\n", version, implementation, source, place);
}

// What can be installed and is not: the best build of each series, or all that are asked for.
std::vector<PythonBuild> Installable(const install::PythonBuilds& builds,
                                     const PythonRequest& request,
                                     const std::vector<InstalledPython>& installed) {
  std::vector<PythonBuild> shown;
  std::set<std::string> series;
  for (const PythonBuild& build : builds.builds()) {
    if (!build.Matches(request)) {
      continue;
    }
    const std::string its_series =
        fmt::format("{}.{} {}", build.version.release(0), build.version.release(1),
                    build.variant == install::PythonVariant::kFreeThreaded);
    const bool is_first = series.insert(its_series).second;
    const bool is_installed = std::ranges::find(installed, build.DirectoryName(),
                                                &InstalledPython::name) != installed.end();
    if (!is_installed && (is_first || !request.text().empty())) {
      shown.push_back(build);
    }
  }
  return shown;
}

std::vector<std::string> RequestsOf(const EngineSession& session) {
  const auto found = session.arguments.positionals.find("request");
  return found == session.arguments.positionals.end() ? std::vector<std::string>() : found->second;
}

// An interpreter that this engine installed for the request, if there is one.
std::optional<InstalledPython> OwnPython(const std::vector<InstalledPython>& installed,
                                         const PythonRequest& request) {
  const auto found = std::ranges::find_if(
      installed, [&](const InstalledPython& python) { return python.Matches(request); });
  return found == installed.end() ? std::nullopt : std::optional(*found);
}

Result<install::PythonInstallation> InstallOne(app::PythonSupply& supply,
                                               const PythonRequest& request,
                                               ExistingPython existing) {
  if (request.path()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "\"" + request.text() + "\" is a file, not a version to install"};
  }
  FLOWSTONE_LET(const std::vector<InstalledPython> installed, supply.installer().List());
  const std::optional<InstalledPython> own = OwnPython(installed, request);
  if (own && existing == ExistingPython::kKept) {
    return install::PythonInstallation{
        .python = *own, .outcome = install::PythonInstallation::Outcome::kThereAlready};
  }
  FLOWSTONE_LET(const PythonBuild build, supply.BuildFor(request));
  return supply.Install(build, existing);
}

// Those of the requests, or all with --all.
Result<std::vector<InstalledPython>> ToBeRemoved(const EngineSession& session,
                                                 const std::vector<InstalledPython>& installed) {
  const std::vector<std::string> requests = RequestsOf(session);
  if (session.arguments.Has("all") == !requests.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "say which versions are to be removed, or --all"};
  }
  if (requests.empty()) {
    return installed;
  }
  std::vector<InstalledPython> chosen;
  std::set<std::string> names;
  for (const std::string& text : requests) {
    FLOWSTONE_LET(const PythonRequest request, PythonRequest::Parse(text));
    if (!OwnPython(installed, request)) {
      Error error{.code = ErrorCode::kNotFound,
                  .message = "Flowstone installed no Python that matches \"" + text + "\""};
      for (const InstalledPython& python : installed) {
        error.hints.push_back("it installed " + python.version + " at " + python.directory);
      }
      return error;
    }
    for (const InstalledPython& python : installed) {
      if (python.Matches(request) && names.insert(python.name).second) {
        chosen.push_back(python);
      }
    }
  }
  return chosen;
}

}  // namespace

Result<int> CommandPythonList(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(const app::EnvironmentSettings settings, PythonCommandSettings(session));
  FLOWSTONE_LET(const PythonRequest request,
                PythonRequest::Parse(session.arguments.Positional("request")));
  NoProgress progress;
  app::EnvironmentService service(session.machine, home, nullptr, progress, settings);
  const install::InterpreterList list = service.AllPythons();
  nlohmann::json rows = nlohmann::json::array();
  std::string text;
  for (const install::FoundInterpreter& found : list.found) {
    const install::Interpreter& python = found.interpreter;
    if (request.Matches(python)) {
      text += Row(ShownVersion(python), python.implementation,
                  install::InterpreterSourceName(found.source), python.executable);
      rows.push_back(JsonOf(found));
    }
  }
  if (session.arguments.Has("all")) {
    FLOWSTONE_LET(const install::PythonBuilds builds, service.pythons().Builds());
    FLOWSTONE_LET(const std::vector<InstalledPython> installed,
                  service.pythons().installer().List());
    for (const PythonBuild& build : Installable(builds, request, installed)) {
      text += Row(build.ShownVersion(), "cpython", "installable", build.DirectoryName());
      rows.push_back({{"version", build.version.ToString()},
                      {"implementation", "cpython"},
                      {"source", "installable"},
                      {"path", nullptr},
                      {"free_threaded", build.variant == install::PythonVariant::kFreeThreaded},
                      {"debug", false}});
    }
  }
  session.console.Out(session.arguments.Has("json") ? rows.dump(2) + "\n" : text);
  for (const std::string& note : list.notes) {
    session.console.PrintWarning(note);
  }
  return 0;
}

Result<int> CommandPythonFind(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(app::EnvironmentSettings settings, PythonCommandSettings(session));
  NoProgress progress;
  app::EnvironmentService service(session.machine, home, nullptr, progress, settings);
  const std::string text = session.arguments.Positional("request");
  Result<install::FoundInterpreter> found = service.FindInstalledPython(text);
  if (!found) {
    const Result<PythonRequest> request = PythonRequest::Parse(text);
    const bool may_be_installed =
        request && !request->path() && found.error().code == ErrorCode::kNotFound;
    return may_be_installed ? service.pythons().Advise(*request, std::move(found.error()))
                            : std::move(found.error());
  }
  session.console.Out(session.arguments.Has("json") ? JsonOf(*found).dump(2) + "\n"
                                                    : found->interpreter.executable + "\n");
  return 0;
}

Result<int> CommandPythonInstall(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(const app::EnvironmentSettings settings, PythonCommandSettings(session));
  const auto progress = MakeProgress(session.arguments, session.console, session.machine.clock);
  app::EnvironmentService service(session.machine, home, nullptr, *progress, settings);
  std::vector<std::string> requests = RequestsOf(session);
  if (requests.empty()) {
    requests.emplace_back("any");
  }
  const ExistingPython existing =
      session.arguments.Has("reinstall") ? ExistingPython::kReplaced : ExistingPython::kKept;
  nlohmann::json rows = nlohmann::json::array();
  for (const std::string& text : requests) {
    FLOWSTONE_LET(const PythonRequest request, PythonRequest::Parse(text));
    FLOWSTONE_LET(const install::PythonInstallation installation,
                  InstallOne(service.pythons(), request, existing));
    const bool is_new = installation.outcome == install::PythonInstallation::Outcome::kInstalled;
    rows.push_back({{"request", text},
                    {"version", installation.python.version},
                    {"path", installation.python.executable},
                    {"installed", is_new}});
    if (!is_new && VerbosityOf(session.arguments) != Verbosity::kQuiet) {
      session.console.Err(
          fmt::format("CPython {} is installed already\n", installation.python.version));
    }
    if (!session.arguments.Has("json")) {
      session.console.Out(installation.python.executable + "\n");
    }
  }
  if (session.arguments.Has("json")) {
    session.console.Out(rows.dump(2) + "\n");
  }
  return 0;
}

Result<int> CommandPythonUninstall(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(const app::EnvironmentSettings settings, PythonCommandSettings(session));
  NoProgress progress;
  app::EnvironmentService service(session.machine, home, nullptr, progress, settings);
  install::PythonInstaller& installer = service.pythons().installer();
  FLOWSTONE_LET(const std::vector<InstalledPython> installed, installer.List());
  FLOWSTONE_LET(const std::vector<InstalledPython> chosen, ToBeRemoved(session, installed));
  nlohmann::json rows = nlohmann::json::array();
  std::string text;
  for (const InstalledPython& python : chosen) {
    FLOWSTONE_LET(const std::uint64_t bytes, installer.Remove(python));
    rows.push_back({{"version", python.version}, {"path", python.directory}, {"bytes", bytes}});
    text += fmt::format("removed CPython {} ({}) from {}\n", python.version, FormatBytes(bytes),
                        python.directory);
  }
  session.console.Out(session.arguments.Has("json") ? rows.dump(2) + "\n" : text);
  return 0;
}

}  // namespace flowstone::cli
