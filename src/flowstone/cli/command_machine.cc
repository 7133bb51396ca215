// `python list`, `python find`, `cache dir`, `cache size`: this machine.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "flowstone/app/environment_service.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {

Result<int> CommandPythonList(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  NoProgress progress;
  app::EnvironmentService service(session.machine, home, nullptr, progress, {});
  const install::InterpreterList list = service.AllPythons();
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  for (const install::FoundInterpreter& found : list.found) {
    const install::Interpreter& python = found.interpreter;
    const std::string source(install::InterpreterSourceName(found.source));
    text += fmt::format("{:<10} {:<8} {:<10} {}\n", python.version.ToString(),
                        python.implementation, source, python.executable);
    json.push_back({{"version", python.version.ToString()},
                    {"implementation", python.implementation},
                    {"source", source},
                    {"path", python.executable},
                    {"free_threaded", python.is_free_threaded()}});
  }
  session.console.Out(session.arguments.Has("json") ? json.dump(2) + "\n" : text);
  for (const std::string& note : list.notes) {
    session.console.PrintWarning(note);
  }
  return 0;
}

Result<int> CommandPythonFind(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  NoProgress progress;
  app::EnvironmentService service(session.machine, home, nullptr, progress, {});
  FLOWSTONE_LET(const install::Interpreter python,
                service.FindPython(session.arguments.Positional("request")));
  session.console.Out(python.executable + "\n");
  return 0;
}

Result<int> CommandCacheDir(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  session.console.Out(home + "\n");
  return 0;
}

Result<int> CommandCacheSize(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  const install::CacheLayout layout(home);
  nlohmann::json json = nlohmann::json::object();
  std::string text;
  for (const auto& [name, path] :
       {std::pair{"packages", layout.archives()}, std::pair{"environments", layout.environments()},
        std::pair{"index pages", layout.index()}, std::pair{"all", layout.root()}}) {
    std::uint64_t bytes = 0;
    FLOWSTONE_LET(const bool exists, os::Exists(session.machine.filesystem, path));
    if (exists) {
      FLOWSTONE_LET(bytes, os::TreeBytes(session.machine.filesystem, path));
    }
    json[name] = bytes;
    text += fmt::format("{:<13} {:>10}\n", name, FormatBytes(bytes));
  }
  text +=
      "Files of environments are hard links to those of packages: `all` counts each file once.\n";
  session.console.Out(session.arguments.Has("json") ? json.dump(2) + "\n" : text);
  return 0;
}

}  // namespace flowstone::cli
