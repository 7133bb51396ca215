// The command line of `flowstone` itself: environments without a flow, this machine, the datastore;
// and the way to a flow, `flowstone flow.py …`.
#pragma once

#include <string>
#include <vector>

#include "flowstone/app/machine.h"
#include "flowstone/cli/argument_parser.h"
#include "flowstone/cli/console.h"

namespace flowstone::cli {

CommandSpec EngineCommandSpec();

// Parses and runs; returns the exit status of the process.
int RunEngineCommandLine(const app::Machine& machine, const std::vector<std::string>& arguments,
                         Console& console);

// What an engine command works with.
struct EngineSession {
  const app::Machine& machine;
  const ParsedArguments& arguments;
  Console& console;
};

Result<int> CommandLock(EngineSession& session);
Result<int> CommandSync(EngineSession& session);
Result<int> CommandExec(EngineSession& session);
Result<int> CommandTree(EngineSession& session);
Result<int> CommandWhy(EngineSession& session);
Result<int> CommandDiff(EngineSession& session);
Result<int> CommandCode(EngineSession& session);
Result<int> CommandPythonList(EngineSession& session);
Result<int> CommandPythonFind(EngineSession& session);
Result<int> CommandPythonInstall(EngineSession& session);
Result<int> CommandPythonUninstall(EngineSession& session);
Result<int> CommandCacheDir(EngineSession& session);
Result<int> CommandCacheSize(EngineSession& session);
Result<int> CommandCacheClean(EngineSession& session);
Result<int> CommandStoreVerify(EngineSession& session);
Result<int> CommandDoctor(EngineSession& session);
Result<int> CommandCompileBytecode(EngineSession& session);
Result<int> CommandRpc(EngineSession& session);

}  // namespace flowstone::cli
