#include "flowstone/app/python_supply.h"

#include <utility>

#include "flowstone/install/wheel_download.h"

namespace flowstone::app {
namespace {

std::string InstallCommand(const install::PythonRequest& request) {
  const std::string text = request.text().empty() ? "any" : request.text();
  const bool needs_quotes = text.find_first_of("<>=!~* ") != std::string::npos;
  return "`flowstone python install " + (needs_quotes ? "\"" + text + "\"" : text) + "`";
}

}  // namespace

PythonSupply::PythonSupply(Parts parts, PythonSettings settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      installer_({.filesystem = parts_.machine.filesystem,
                  .probe = parts_.probe,
                  .layout = parts_.layout,
                  .progress = parts_.progress,
                  .on_wait = settings_.say}) {}

Result<install::PythonBuilds> PythonSupply::Builds() const {
  if (settings_.builds_file.empty()) {
    return install::PythonBuilds::BuiltIn(install::HostPythonTarget());
  }
  const std::string context = "while reading the builds in " + settings_.builds_file;
  FLOWSTONE_LET(const std::string table,
                Annotate(parts_.machine.filesystem.ReadFile(settings_.builds_file), context));
  FLOWSTONE_LET(install::PythonBuilds builds,
                Annotate(install::PythonBuilds::Parse(table), context));
  builds.KeepTarget(install::HostPythonTarget());
  return builds;
}

Result<install::PythonBuild> PythonSupply::BuildFor(const install::PythonRequest& request) const {
  FLOWSTONE_LET(const install::PythonBuilds builds, Builds());
  const install::PythonBuild* best = builds.Best(request);
  if (best == nullptr) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "no standalone build of Python \"" + request.text() +
                            "\" is known for " + std::string(install::HostPythonTarget())}
        .WithHint("`flowstone python list --all` prints those that are known");
  }
  return *best;
}

Status PythonSupply::CheckMirror() const {
  if (settings_.mirror.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "no mirror of standalone Pythons is configured"}
        .WithHint("give --python-mirror, or set FLOWSTONE_PYTHON_MIRROR to the folder of releases");
  }
  if (parts_.mode == index::FetchMode::kOffline && !install::IsLocal(settings_.mirror)) {
    return Error{.code = ErrorCode::kUnavailable,
                 .message = "Pythons cannot be downloaded: the network is off (--offline)"};
  }
  return Ok();
}

Result<install::PythonInstallation> PythonSupply::Install(const install::PythonBuild& build,
                                                          install::ExistingPython existing) {
  if (settings_.downloads == PythonDownloads::kNever) {
    return Error{.code = ErrorCode::kDenied,
                 .message = "Pythons may not be downloaded: the settings say never"}
        .WithHint("--python-downloads manual allows it to this command");
  }
  return InstallBecause(build, existing, "");
}

Result<install::PythonInstallation> PythonSupply::InstallBecause(const install::PythonBuild& build,
                                                                 install::ExistingPython existing,
                                                                 const std::string& reason) {
  const auto open = [this]() -> Result<net::Transport*> {
    FLOWSTONE_TRY(CheckMirror());
    return parts_.open_transport();
  };
  return installer_.Install(build, {.url = settings_.mirror, .open_transport = open}, existing,
                            reason);
}

Error PythonSupply::Advise(const install::PythonRequest& request, Error missing) const {
  const Result<install::PythonBuild> build = BuildFor(request);
  if (build) {
    return std::move(missing).WithHint(InstallCommand(request) + " downloads CPython " +
                                       build->ShownVersion());
  }
  return build.error().code == ErrorCode::kNotFound ? missing : build.error();
}

Result<install::InstalledPython> PythonSupply::Supply(const install::PythonRequest& request,
                                                      Error missing) {
  const Result<install::PythonBuild> build = BuildFor(request);
  if (!build || settings_.downloads != PythonDownloads::kAutomatic) {
    return Advise(request, std::move(missing));
  }
  Result<install::PythonInstallation> installed =
      InstallBecause(*build, install::ExistingPython::kKept, ": " + missing.message);
  if (installed) {
    return std::move(installed->python);
  }
  Error error = std::move(installed.error());
  error.hints.insert(error.hints.end(), missing.hints.begin(), missing.hints.end());
  return std::move(error).WithContext("while installing CPython " + build->ShownVersion() + ": " +
                                      missing.message);
}

}  // namespace flowstone::app
