// `cache dir`, `cache size`: the cache of this user.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/progress_display.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {

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
        std::pair{"index pages", layout.index()}, std::pair{"Pythons", layout.pythons()},
        std::pair{"all", layout.root()}}) {
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
