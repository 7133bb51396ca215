// Where Pythons are, as the variables of the environment say.

#include "flowstone/base/text.h"
#include "flowstone/install/interpreter_finder.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// The value of the first variable that is set, or `fallback` below the home directory.
std::vector<std::string> Directory(const os::Environment& environment, std::string_view variable,
                                   std::string_view below_variable,
                                   const std::optional<std::string>& home,
                                   std::string_view below_home) {
  if (const std::optional<std::string> value = environment.GetNonEmpty(variable)) {
    return {os::JoinPath(*value, below_variable)};
  }
  if (home) {
    return {os::JoinPath(*home, below_home)};
  }
  return {};
}

std::vector<std::string> SearchPath(const os::Environment& environment) {
  std::vector<std::string> directories;
  const std::string path = environment.Get("PATH").value_or("");
  for (const std::string_view entry : SplitText(path, ':')) {
    if (os::IsAbsolutePath(entry)) {
      directories.push_back(os::NormalizePath(entry));
    }
  }
  return directories;
}

std::vector<std::string> CondaInstallations(const os::Environment& environment,
                                            const std::optional<std::string>& home) {
  std::vector<std::string> prefixes;
  if (const auto active = environment.GetNonEmpty("CONDA_PREFIX")) {
    prefixes.push_back(*active);
  }
  if (const auto program = environment.GetNonEmpty("CONDA_EXE")) {
    prefixes.push_back(os::DirName(os::DirName(*program)));  // <prefix>/bin/conda
  }
  for (const std::string_view name : {"miniconda3", "miniforge3", "mambaforge", "anaconda3"}) {
    if (home) {
      prefixes.push_back(os::JoinPath(*home, name));
    }
  }
  prefixes.emplace_back("/opt/conda");
  return prefixes;
}

// The virtual environments in use, in the order of uv: the active one, that of conda unless it is
// its base, which is an installation like others, and a .venv at or above the working directory.
std::vector<std::string> EnvironmentsInUse(const os::Environment& environment,
                                           const std::string& working_directory) {
  std::vector<std::string> environments;
  if (const auto active = environment.GetNonEmpty("VIRTUAL_ENV")) {
    environments.push_back(*active);
  }
  const std::string conda_name = environment.Get("CONDA_DEFAULT_ENV").value_or("base");
  if (const auto active = environment.GetNonEmpty("CONDA_PREFIX");
      active && conda_name != "base" && conda_name != "root") {
    environments.push_back(*active);
  }
  for (std::string directory = working_directory; os::IsAbsolutePath(directory);
       directory = os::DirName(directory)) {
    environments.push_back(os::JoinPath(directory, ".venv"));
    if (directory == "/") {
      break;
    }
  }
  return environments;
}

}  // namespace

SearchSettings SearchSettings::FromEnvironment(const os::Environment& environment,
                                               const Start& start) {
  const std::optional<std::string> home = environment.GetNonEmpty("HOME");
  SearchSettings settings;
  settings.launcher = start.launcher;
  settings.environments = EnvironmentsInUse(environment, start.working_directory);
  if (!start.own_tree.empty()) {
    settings.own_trees = {start.own_tree};
  }
  settings.path = SearchPath(environment);
  settings.pyenv_trees = Directory(environment, "PYENV_ROOT", "versions", home, ".pyenv/versions");
  settings.uv_trees =
      environment.GetNonEmpty("UV_PYTHON_INSTALL_DIR")
          ? Directory(environment, "UV_PYTHON_INSTALL_DIR", "", home, "")
          : Directory(environment, "XDG_DATA_HOME", "uv/python", home, ".local/share/uv/python");
  settings.conda_installations = CondaInstallations(environment, home);
  settings.system_directories = {"/usr/local/bin", "/usr/bin", "/bin"};
  settings.system_trees = {"/opt"};
  return settings;
}

}  // namespace flowstone::install
