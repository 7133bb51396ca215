// Finding an installed Python.
//
// Looked at, in this order: the interpreter that launched Flowstone; that of the active virtual or
// conda environment, and of a .venv at or above the working directory; those that Flowstone
// installed; PATH, pyenv's versions, uv's managed Pythons, conda's installations and environments,
// and the usual directories of the system. Among those that match: the launching one when it does,
// else the first environment's, else the best by (build with the GIL unless asked otherwise, stable
// before pre-release, newest version, order of the search). A file that does not answer, or that is
// not supported, is left out with a note and is never an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/install/interpreter.h"
#include "flowstone/install/interpreter_probe.h"
#include "flowstone/install/python_request.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

enum class InterpreterSource : std::uint8_t {
  kRequested,  // the path in the request
  kLauncher,
  kEnvironment,
  kFlowstone,
  kPath,
  kPyenv,
  kUv,
  kConda,
  kSystem,
};

// "PATH", "pyenv", …: for lists and notes.
std::string_view InterpreterSourceName(InterpreterSource source);

// Where to look. A tree is a directory whose children are installations with a bin/ each.
struct SearchSettings {
  std::string launcher = {};                          // sys.executable of the launching Python
  std::vector<std::string> environments = {};         // virtual ones that are in use, best first
  std::vector<std::string> own_trees = {};            // what Flowstone installed
  std::vector<std::string> path = {};                 // absolute directories of PATH
  std::vector<std::string> pyenv_trees = {};          // ~/.pyenv/versions
  std::vector<std::string> uv_trees = {};             // ~/.local/share/uv/python
  std::vector<std::string> conda_installations = {};  // each with a bin/ and a tree envs/
  std::vector<std::string> system_directories = {};   // /usr/bin
  std::vector<std::string> system_trees = {};         // /opt

  // Each may be empty.
  struct Start {
    std::string launcher = {};
    std::string working_directory = {};  // absolute
    std::string own_tree = {};
  };
  // As the variables of `environment` say: PATH, HOME, PYENV_ROOT, UV_PYTHON_INSTALL_DIR,
  // XDG_DATA_HOME, VIRTUAL_ENV, CONDA_PREFIX, CONDA_DEFAULT_ENV, CONDA_EXE.
  static SearchSettings FromEnvironment(const os::Environment& environment, const Start& start);
};

struct FoundInterpreter {
  Interpreter interpreter;
  InterpreterSource source = InterpreterSource::kPath;
  std::string seen_as;  // the path under which the search met it
};

struct InterpreterList {
  std::vector<FoundInterpreter> found;  // each real file once, in the order of the search
  std::vector<std::string> notes;       // what was left out, and why: one sentence each
};

class InterpreterFinder {
 public:
  // Borrows both; they outlive the finder.
  InterpreterFinder(os::FileSystem& filesystem, InterpreterProbe& probe, SearchSettings settings);

  // kNotFound: nothing installed matches; the hints list what was found, and where.
  Result<FoundInterpreter> Find(const PythonRequest& request);
  // The one that people mean who name none: the launching one, else that of the environment in use,
  // else what `python3` or `python` starts as PATH has it, else the best of all.
  Result<FoundInterpreter> FindUsual();
  // Everything that is found and supported.
  InterpreterList FindAll();

 private:
  // The first environment in use whose interpreter `fits`.
  template <class Fits>
  std::optional<FoundInterpreter> FindInEnvironments(Fits fits);

  os::FileSystem& filesystem_;
  InterpreterProbe& probe_;
  SearchSettings settings_;
};

}  // namespace flowstone::install
