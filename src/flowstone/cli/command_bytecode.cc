// `compile`: compiles what `sync`, `exec` and runs, which start it, left for the background.
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/install/bytecode_backlog.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {

Result<int> CommandCompileBytecode(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_TRY(install::WorkOffBacklog(session.machine.filesystem, session.machine.processes,
                                        install::CacheLayout(home)));
  return 0;
}

}  // namespace flowstone::cli
