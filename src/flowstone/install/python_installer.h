// PythonInstaller: the standalone Pythons below Flowstone's home: brings one there, lists and
// removes them.
//
// An installation is a directory that one rename publishes after its interpreter has answered, so
// that a killed process leaves either the whole of it or nothing. Processes that want the same one
// wait for each other, and the later ones find it there. An archive that was downloaded in part is
// gone on with.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/interpreter_probe.h"
#include "flowstone/install/python_builds.h"
#include "flowstone/net/transport.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// Where archives come from.
struct PythonMirror {
  std::string url;  // http, https or file: the folder that holds the releases
  // Opened when something is really missing; its error is the error of the installation.
  std::function<Result<net::Transport*>()> open_transport;
};

enum class ExistingPython : std::uint8_t { kKept, kReplaced };

struct InstalledPython {
  std::string version;  // "3.13.7", "3.13.7t"
  std::string name;     // of the directory: PythonBuild::DirectoryName
  std::string directory;
  std::string executable;

  // REQUIRES: the request is for no file.
  bool Matches(const PythonRequest& request) const;
};

struct PythonInstallation {
  InstalledPython python;
  enum class Outcome : std::uint8_t { kInstalled, kThereAlready };
  Outcome outcome = Outcome::kInstalled;
};

class PythonInstaller {
 public:
  // Borrows; they outlive the installer. `filesystem` must be that of this machine: the locks are.
  struct Parts {
    os::FileSystem& filesystem;
    InterpreterProbe& probe;
    CacheLayout layout;
    ProgressSink& progress;
    // Says whom this process waits for, in one sentence.
    std::function<void(const std::string&)> on_wait;
  };
  explicit PythonInstaller(Parts parts) : parts_(std::move(parts)) {}

  // `reason` is added to what progress says ("", or why nobody typed a command for it).
  Result<PythonInstallation> Install(const PythonBuild& build, const PythonMirror& mirror,
                                     ExistingPython existing, const std::string& reason);
  // Newest first.
  Result<std::vector<InstalledPython>> List();
  // Returns how many bytes were freed. kNotFound when somebody else removed it.
  Result<std::uint64_t> Remove(const InstalledPython& python);

 private:
  // To the directory of `python`.
  Status InstallNow(const PythonBuild& build, const PythonMirror& mirror, const std::string& reason,
                    const InstalledPython& python);
  Result<os::FileLock> Lock(const std::string& name);

  Parts parts_;
};

}  // namespace flowstone::install
