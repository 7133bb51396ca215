// `diff`: how two locks differ. Like the program of that name: 0 for the same, 1 for a difference,
// 2 for trouble.
#include "flowstone/app/lock_lookup.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/lock_report.h"
#include "flowstone/cli/output_options.h"

namespace flowstone::cli {
namespace {

Result<lock::LockDifference> Difference(EngineSession& session) {
  FLOWSTONE_LET(const app::FoundLock before,
                app::FindAnyLock(session.machine, session.arguments.Positional("before")));
  FLOWSTONE_LET(const app::FoundLock after,
                app::FindAnyLock(session.machine, session.arguments.Positional("after")));
  return lock::DiffLocks(before.lock, after.lock);
}

}  // namespace

Result<int> CommandDiff(EngineSession& session) {
  const Result<lock::LockDifference> difference = Difference(session);
  if (!difference) {
    ReportFailure(session.console, difference.error());
    return 2;
  }
  session.console.Out(session.arguments.Has("json") ? DifferenceJson(*difference) + "\n"
                                                    : DifferenceText(*difference));
  return difference->empty() ? 0 : 1;
}

}  // namespace flowstone::cli
