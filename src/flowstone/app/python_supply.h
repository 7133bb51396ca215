// PythonSupply: interpreters that are not installed: which standalone builds there are, and
// bringing one here, when a command asks for it or, where the settings let it, when nothing
// installed fits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "flowstone/app/machine.h"
#include "flowstone/base/error.h"
#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/index/package_index.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/interpreter_probe.h"
#include "flowstone/install/python_builds.h"
#include "flowstone/install/python_installer.h"
#include "flowstone/install/python_request.h"
#include "flowstone/net/transport.h"

namespace flowstone::app {

enum class PythonDownloads : std::uint8_t {
  kNever,
  kManual,     // by `flowstone python install` only
  kAutomatic,  // also when a command needs an interpreter that is not there
};

enum class PythonSearch : std::uint8_t { kEverywhere, kOwnOnly /* what Flowstone installed */ };

struct PythonSettings {
  PythonSearch search = PythonSearch::kEverywhere;
  PythonDownloads downloads = PythonDownloads::kManual;
  std::string mirror = {};       // the folder of releases: a URL or a directory; may be empty
  std::string builds_file = {};  // a table of builds instead of the engine's; empty for none
  std::function<void(const std::string&)> say = [](const std::string&) {};
};

class PythonSupply {
 public:
  // `machine`, `progress` and `probe` outlive the supply.
  struct Parts {
    const Machine& machine;
    install::CacheLayout layout;
    ProgressSink& progress;
    install::InterpreterProbe& probe;
    index::FetchMode mode;
    std::function<Result<net::Transport*>()> open_transport;
  };
  PythonSupply(Parts parts, PythonSettings settings);

  // The builds for this machine. kInvalid for a file of builds that cannot be read.
  Result<install::PythonBuilds> Builds() const;
  // kNotFound when there is no build of it for this machine.
  Result<install::PythonBuild> BuildFor(const install::PythonRequest& request) const;
  // kDenied when the settings forbid downloads, kUnavailable when the network is off.
  Result<install::PythonInstallation> Install(const install::PythonBuild& build,
                                              install::ExistingPython existing);
  // What to do about a request that nothing installed answers, which `missing` says: installs the
  // best build, or returns `missing` with the way to one.
  Result<install::InstalledPython> Supply(const install::PythonRequest& request, Error missing);

  // `missing` with the command that would help, if there is one.
  Error Advise(const install::PythonRequest& request, Error missing) const;

  install::PythonInstaller& installer() { return installer_; }

 private:
  // Why nothing can be downloaded now, or Ok.
  Status CheckMirror() const;
  Result<install::PythonInstallation> InstallBecause(const install::PythonBuild& build,
                                                     install::ExistingPython existing,
                                                     const std::string& reason);

  Parts parts_;
  PythonSettings settings_;
  install::PythonInstaller installer_;
};

}  // namespace flowstone::app
