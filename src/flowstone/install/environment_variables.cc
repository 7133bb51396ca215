#include "flowstone/install/environment_variables.h"

#include <array>

#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// They name directories and files of another Python, or what it is to run first.
constexpr std::array kOfAnotherPython = {
    "PYTHONHOME",     "PYTHONPATH",        "PYTHONPLATLIBDIR",    "PYTHONSTARTUP",
    "PYTHONUSERBASE", "PYTHONEXECUTABLE",  "PYTHONPYCACHEPREFIX", "__PYVENV_LAUNCHER__",
    "CONDA_PREFIX",   "CONDA_DEFAULT_ENV", "VIRTUAL_ENV_PROMPT"};

}  // namespace

std::map<std::string, std::optional<std::string>> VariablesInside(
    const std::string& directory, const std::optional<std::string>& path) {
  std::map<std::string, std::optional<std::string>> variables;
  for (const char* name : kOfAnotherPython) {
    variables[name] = std::nullopt;
  }
  variables["PATH"] = os::JoinPath(directory, "bin") + ":" + path.value_or("/usr/bin:/bin");
  variables["VIRTUAL_ENV"] = directory;
  variables["PYTHONNOUSERSITE"] = "1";
  return variables;
}

}  // namespace flowstone::install
