#include "flowstone/install/python_installer.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "flowstone/install/disk_space.h"
#include "flowstone/install/python_unpack.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/install/wheel_artifact.h"
#include "flowstone/install/wheel_download.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kPrefix = "cpython-";
// The table has no sizes: this much is asked for before a download, for what is unpacked its own.
constexpr std::uint64_t kRoomForInstallation = std::uint64_t{192} << 20U;
constexpr const char* kPythonExecutable = "bin/python3";

std::string LabelOf(const PythonBuild& build) {
  return "CPython " + build.ShownVersion();
}

std::string UrlOf(const PythonMirror& mirror, const PythonBuild& build) {
  std::string_view base = mirror.url;
  while (base.ends_with('/')) {
    base.remove_suffix(1);
  }
  // A mirror may be named as a directory of this machine.
  const std::string folder =
      base.starts_with('/') ? net::Url::FromPath(base).ToString() : std::string(base);
  return folder + "/" + build.archive;
}

// The archive of a build, brought to `path` or gone on with there.
Status DownloadArchive(os::FileSystem& filesystem, net::Transport& transport,
                       ProgressSink& progress, const WheelArtifact& archive,
                       const std::string& path) {
  FLOWSTONE_TRY(CheckDiskSpace(filesystem, os::DirName(path), kRoomForInstallation));
  progress.Start(Phase::kDownload, archive.name, 0);
  Status downloaded = DownloadWheel(filesystem, transport, progress, archive, path);
  if (downloaded) {
    progress.Finish(Phase::kDownload);
    return downloaded;
  }
  progress.Abandon(Phase::kDownload);
  Error& error = downloaded.error();
  if (error.code == ErrorCode::kNotFound || error.code == ErrorCode::kCorrupt) {
    error.hints = {"choose another mirror with --python-mirror or FLOWSTONE_PYTHON_MIRROR"};
  }
  if (error.code != ErrorCode::kUnavailable) {
    static_cast<void>(RemovePartialWheel(filesystem, path));
  }
  return downloaded;
}

InstalledPython DescribePython(const CacheLayout& layout, const std::string& name,
                               const std::string& version) {
  const std::string directory = os::JoinPath(layout.pythons(), name);
  return {.version = version,
          .name = name,
          .directory = directory,
          .executable = os::JoinPath(directory, kPythonExecutable)};
}

// "3.13.7t" of "cpython-3.13.7t+20260814-linux-x86_64"; nothing for what is no installation.
std::optional<std::string> VersionIn(std::string_view name) {
  const std::size_t plus = name.find('+');
  if (!name.starts_with(kPrefix) || plus == std::string_view::npos) {
    return std::nullopt;
  }
  return std::string(name.substr(kPrefix.size(), plus - kPrefix.size()));
}

// "3.13.7" of "3.13.7t".
Result<pypi::Version> NumberOf(std::string_view version) {
  return pypi::Version::Parse(version.substr(0, version.find('t')));
}

// Newer before older; "3.13.7" before "3.13.7t".
bool IsNewer(const InstalledPython& a, const InstalledPython& b) {
  const auto first = NumberOf(a.version);
  const auto second = NumberOf(b.version);
  if (!first || !second || *first == *second) {
    return a.name < b.name;
  }
  return *first > *second;
}

// Whether the archive held the interpreter that the table promises.
Status CheckPython(InterpreterProbe& probe, const PythonBuild& build,
                   const std::string& directory) {
  FLOWSTONE_LET(const Interpreter interpreter,
                Annotate(probe.ProbeOnce(os::JoinPath(directory, kPythonExecutable)),
                         "while trying what was unpacked"));
  const bool is_free_threaded = build.variant == PythonVariant::kFreeThreaded;
  if (interpreter.version != build.version || interpreter.is_free_threaded() != is_free_threaded) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = LabelOf(build) + " turned out to be CPython " +
                            interpreter.version.ToString() +
                            (interpreter.is_free_threaded() ? "t" : "")};
  }
  return Ok();
}

}  // namespace

bool InstalledPython::Matches(const PythonRequest& request) const {
  const Result<pypi::Version> number = NumberOf(version);
  return number && request.MatchesBuild(*number, version.ends_with('t') ? "t" : "");
}

Result<os::FileLock> PythonInstaller::Lock(const std::string& name) {
  FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, parts_.layout.locks()));
  return os::FileLock::Acquire(
      parts_.layout.locks() + "/python-" + name + ".lock", os::LockMode::kExclusive,
      os::LockWait::kWait, [this](const std::optional<os::LockHolder>& holder) {
        parts_.on_wait("waiting for " + (holder ? holder->ToString() : "another process") +
                       ", which works on the same Python");
      });
}

Result<PythonInstallation> PythonInstaller::Install(const PythonBuild& build,
                                                    const PythonMirror& mirror,
                                                    ExistingPython existing,
                                                    const std::string& reason) {
  using Outcome = PythonInstallation::Outcome;
  InstalledPython wanted =
      DescribePython(parts_.layout, build.DirectoryName(), build.ShownVersion());
  FLOWSTONE_LET(const os::FileLock lock, Lock(wanted.name));
  if (existing == ExistingPython::kKept && parts_.filesystem.Stat(wanted.executable)) {
    return PythonInstallation{.python = wanted, .outcome = Outcome::kThereAlready};
  }
  FLOWSTONE_TRY(InstallNow(build, mirror, reason, wanted));
  return PythonInstallation{.python = std::move(wanted), .outcome = Outcome::kInstalled};
}

Status PythonInstaller::InstallNow(const PythonBuild& build, const PythonMirror& mirror,
                                   const std::string& reason, const InstalledPython& python) {
  os::FileSystem& filesystem = parts_.filesystem;
  RemoveAbandonedStaging(filesystem, parts_.layout);
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, parts_.layout.pythons()));
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, parts_.layout.downloads()));
  const std::string archive = parts_.layout.PartialWheel(build.sha256);
  FLOWSTONE_LET(const os::FileLock download,
                os::FileLock::Acquire(parts_.layout.WheelLock(build.sha256),
                                      os::LockMode::kExclusive, os::LockWait::kWait));
  FLOWSTONE_LET(net::Transport* const transport, mirror.open_transport());
  FLOWSTONE_TRY(DownloadArchive(filesystem, *transport, parts_.progress,
                                {.name = LabelOf(build) + reason,
                                 .version = build.ShownVersion(),
                                 .file_name = LabelOf(build),
                                 .location = UrlOf(mirror, build),
                                 .digest = build.sha256,
                                 .size = std::nullopt,
                                 .promised_by = "the table of builds"},
                                archive));
  FLOWSTONE_LET(StagingDirectory staging, StagingDirectory::Create(filesystem, parts_.layout));
  const auto make = [&]() -> Status {
    FLOWSTONE_TRY(UnpackPythonArchive(filesystem, archive, build.archive, staging.path()));
    FLOWSTONE_TRY(AdaptPython(filesystem, staging.path(), python.directory));
    return CheckPython(parts_.probe, build, staging.path());
  };
  const Status made = Annotate(make(), "while installing " + LabelOf(build));
  static_cast<void>(RemovePartialWheel(filesystem, archive));
  FLOWSTONE_TRY(made);
  // What is there is to be replaced, or is no interpreter any more.
  return PublishInPlace(filesystem, parts_.layout, staging, python.directory);
}

Result<std::vector<InstalledPython>> PythonInstaller::List() {
  std::vector<InstalledPython> pythons;
  const Result<std::vector<os::DirectoryEntry>> entries =
      parts_.filesystem.ListDirectory(parts_.layout.pythons());
  if (!entries) {
    return entries.error().code == ErrorCode::kNotFound
               ? Result<std::vector<InstalledPython>>(std::move(pythons))
               : entries.error();
  }
  for (const os::DirectoryEntry& entry : *entries) {
    if (const std::optional<std::string> version = VersionIn(entry.name)) {
      pythons.push_back(DescribePython(parts_.layout, entry.name, *version));
    }
  }
  std::ranges::sort(pythons, IsNewer);
  return pythons;
}

Result<std::uint64_t> PythonInstaller::Remove(const InstalledPython& python) {
  FLOWSTONE_LET(const os::FileLock lock, Lock(python.name));
  FLOWSTONE_LET(const std::uint64_t bytes, os::TreeBytes(parts_.filesystem, python.directory));
  FLOWSTONE_LET(const StagingDirectory old,
                StagingDirectory::Create(parts_.filesystem, parts_.layout));
  FLOWSTONE_TRY(parts_.filesystem.Rename(python.directory, old.path() + "/removed"));
  return bytes;
}

}  // namespace flowstone::install
