#include "flowstone/app/background_bytecode.h"

#include <map>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/install/bytecode_backlog.h"
#include "flowstone/os/detached_process.h"
#include "flowstone/os/executable_path.h"

namespace flowstone::app {
namespace {

// No more than it needs: it outlives the command, and logins are not to.
std::map<std::string, std::string> VariablesFor(const os::Environment& environment,
                                                const std::string& home) {
  std::map<std::string, std::string> variables = {{"FLOWSTONE_HOME", home}};
  for (const char* name : {"HOME", "LD_LIBRARY_PATH", "PATH"}) {
    if (const auto value = environment.Get(name)) {
      variables.emplace(name, *value);
    }
  }
  return variables;
}

}  // namespace

std::string CompileInBackground(const Machine& machine, EnvironmentService& service) {
  const install::CacheLayout layout(service.home());
  install::BytecodeBacklog backlog(machine.filesystem, layout);
  std::size_t packages = 0;
  for (const install::BytecodeWish& wish : service.TakeUncompiled()) {
    packages += backlog.Add(wish) ? wish.wheels.size() : 0;
  }
  if (packages == 0) {
    return "";
  }
  const Result<std::string> engine = os::ExecutablePath();
  if (!engine || !os::StartDetached({*engine, kCompileCommand},
                                    VariablesFor(machine.environment, service.home()))) {
    return "";
  }
  return "compiling " + CountOf(packages, "package") + " in the background";
}

}  // namespace flowstone::app
