#include "flowstone/install/environment_builder.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <set>

#include "flowstone/base/text.h"
#include "flowstone/install/disk_space.h"
#include "flowstone/install/environment_record.h"
#include "flowstone/install/parallel.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// Two threads link 1.5 times as fast as one on a quiet ext4 or XFS; more gain nothing.
constexpr std::size_t kLinkThreads = 2;
constexpr std::size_t kLinksPerShard = 256;
// In the order of EnvironmentOutcome.
constexpr std::array<std::string_view, 3> kOutcomeNames = {"reused", "built", "rebuilt"};

EnvironmentScheme SchemeOf(const Interpreter& interpreter) {
  return {.site_packages = interpreter.LibraryDirectory() + "/site-packages",
          .include = "include/site/python" + interpreter.MajorMinor()};
}

// What a directory is worth that may hold the environment.
struct Standing {
  std::optional<Environment> usable;
  std::string reason;  // why what is there is of no use; empty when nothing is there
};

// Builds the content of one environment in a staging directory.
class Construction {
 public:
  Construction(os::FileSystem& filesystem, const CacheLayout& layout, const EnvironmentSpec& spec,
               std::string directory)
      : filesystem_(filesystem), layout_(layout), spec_(spec), directory_(std::move(directory)) {}

  Status Run(const EnvironmentPlan& plan, std::span<const PlannedPackage> packages,
             const EnvironmentRecord& record) {
    FLOWSTONE_TRY(CheckRoom(plan));
    FLOWSTONE_TRY(MakeDirectories(plan));
    FLOWSTONE_TRY(LinkFiles(plan, packages));
    for (const WriteOperation& write : plan.writes) {
      FLOWSTONE_TRY(WriteFile(write.destination, write.content, write.mode));
    }
    FLOWSTONE_TRY(MakeVenv());
    return WriteFile(kEnvironmentRecordName, record.Serialize(), 0644);
  }

 private:
  std::string At(std::string_view path) const { return directory_ + "/" + std::string(path); }

  Status CheckRoom(const EnvironmentPlan& plan) const {
    std::uint64_t bytes = 0;
    for (const WriteOperation& write : plan.writes) {
      bytes += RoundedToBlocks(write.content.size());
    }
    bytes += plan.directories.size() * RoundedToBlocks(1);
    return CheckDiskSpace(filesystem_, directory_, bytes);
  }

  Status MakeDirectories(const EnvironmentPlan& plan) {
    std::set<std::string> directories(plan.directories.begin(), plan.directories.end());
    const std::string site_packages = SchemeOf(spec_.interpreter).site_packages;
    for (std::string path = site_packages; path != "."; path = os::DirName(path)) {
      directories.insert(path);
    }
    directories.insert("bin");
    for (const std::string& path : directories) {
      FLOWSTONE_TRY(filesystem_.MakeDirectory(At(path), 0755));
    }
    return Ok();
  }

  Status LinkFiles(const EnvironmentPlan& plan, std::span<const PlannedPackage> packages) {
    std::vector<std::string> roots;
    for (const PlannedPackage& package : packages) {
      roots.push_back(layout_.ArchiveDirectory(package.archive.wheel, package.archive.bytecode));
    }
    const std::size_t shards = (plan.links.size() + kLinksPerShard - 1) / kLinksPerShard;
    return ForEachInParallel(shards, kLinkThreads, [&](std::size_t shard) -> Status {
      const std::size_t end = std::min(plan.links.size(), (shard + 1) * kLinksPerShard);
      for (std::size_t i = shard * kLinksPerShard; i < end; ++i) {
        const LinkOperation& link = plan.links[i];
        FLOWSTONE_TRY(LinkOrCopy(roots[link.package] + "/" + link.source, At(link.destination)));
      }
      return Ok();
    });
  }

  Status LinkOrCopy(const std::string& from, const std::string& to) {
    if (!links_refused_) {
      Status linked = filesystem_.MakeHardLink(from, to);
      if (linked) {
        return linked;
      }
      switch (linked.error().code) {
        case ErrorCode::kInvalid:  // another file system
        case ErrorCode::kDenied:   // not ours, and protected_hardlinks is on
          links_refused_ = true;
          break;
        case ErrorCode::kIo:  // too many links to this one file
          if (linked.error().message.find("too many links") != std::string::npos) {
            break;
          }
          return linked;
        default:
          return linked;
      }
    }
    return os::CopyFile(filesystem_, from, to);
  }

  Status WriteFile(const std::string& path, std::string_view content, std::uint32_t mode) {
    FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                  filesystem_.OpenOutput(At(path), os::Existing::kRefuse, mode));
    FLOWSTONE_TRY(file->Write(content));
    return file->Close();
  }

  // What makes the directory a virtual environment of the interpreter.
  Status MakeVenv() {
    const Interpreter& interpreter = spec_.interpreter;
    FLOWSTONE_TRY(filesystem_.MakeSymlink(interpreter.executable, At("bin/python")));
    FLOWSTONE_TRY(filesystem_.MakeSymlink("python", At("bin/python3")));
    FLOWSTONE_TRY(filesystem_.MakeSymlink("python", At("bin/python" + interpreter.MajorMinor())));
    if (interpreter.target.markers.sys_platform == "linux") {
      FLOWSTONE_TRY(filesystem_.MakeSymlink("lib", At("lib64")));
    }
    return WriteFile("pyvenv.cfg",
                     "home = " + os::DirName(interpreter.executable) +
                         "\n"
                         "include-system-site-packages = false\n"
                         "version = " +
                         interpreter.version.ToString() + "\n",
                     0644);
  }

  os::FileSystem& filesystem_;
  const CacheLayout& layout_;
  const EnvironmentSpec& spec_;
  std::string directory_;
  std::atomic<bool> links_refused_ = false;
};

Environment Describe(const Digest& id, const CacheLayout& layout, const Interpreter& interpreter,
                     EnvironmentOutcome outcome) {
  Environment environment{.id = id, .directory = layout.EnvironmentDirectory(id)};
  environment.python = environment.directory + "/bin/python";
  environment.site_packages = environment.directory + "/" + SchemeOf(interpreter).site_packages;
  environment.outcome = outcome;
  return environment;
}

// One file is read, one other looked at. No side effects.
Result<Standing> Examine(os::FileSystem& filesystem, const CacheLayout& layout,
                         const EnvironmentSpec& spec, const Digest& id) {
  Standing standing;
  const std::string directory = layout.EnvironmentDirectory(id);
  Result<std::string> text = filesystem.ReadFile(directory + "/" + kEnvironmentRecordName);
  if (!text) {
    if (text.error().code != ErrorCode::kNotFound) {
      return std::move(text.error());
    }
    FLOWSTONE_LET(const bool exists, os::Exists(filesystem, directory));
    standing.reason = exists ? "its record is missing" : "";
    return standing;
  }
  const Result<EnvironmentRecord> record = EnvironmentRecord::Parse(*text);
  if (!record || record->id != id) {
    standing.reason = "its record is damaged";
    return standing;
  }
  const Result<os::FileInfo> interpreter = filesystem.Stat(record->interpreter);
  if (!interpreter) {
    standing.reason = "its interpreter " + record->interpreter + " is gone";
  } else if (StampOf(*interpreter) != record->interpreter_stamp) {
    standing.reason = "its interpreter " + record->interpreter + " was replaced";
  } else {
    standing.usable = Describe(id, layout, spec.interpreter, EnvironmentOutcome::kReused);
  }
  return standing;
}

// The archives of the packages, sorted by name so that plans do not depend on the order given.
Result<std::vector<PlannedPackage>> ProvidePackages(ArchiveProvider& archives,
                                                    const EnvironmentSpec& spec) {
  std::vector<const EnvironmentPackage*> sorted;
  sorted.reserve(spec.packages.size());
  for (const EnvironmentPackage& package : spec.packages) {
    sorted.push_back(&package);
  }
  std::ranges::sort(sorted, {}, [](const auto* package) { return package->wheel.name; });
  std::vector<WheelArtifact> wheels;
  wheels.reserve(sorted.size());
  for (const EnvironmentPackage* package : sorted) {
    wheels.push_back(package->wheel);
  }
  FLOWSTONE_LET(std::vector<ArchivePlan> plans, archives.Provide(wheels));
  std::vector<PlannedPackage> packages;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    packages.push_back({.archive = std::move(plans.at(i)),
                        .wish = sorted[i]->wish,
                        .direct_url = sorted[i]->direct_url});
  }
  return packages;
}

// Puts the finished directory in its place; an old one there is moved away first.
Status Publish(os::FileSystem& filesystem, const CacheLayout& layout, StagingDirectory& built,
               const std::string& destination) {
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, os::DirName(destination)));
  FLOWSTONE_LET(const bool exists, os::Exists(filesystem, destination));
  if (!exists) {
    return built.Publish(destination);
  }
  FLOWSTONE_LET(const StagingDirectory old, StagingDirectory::Create(filesystem, layout));
  FLOWSTONE_TRY(filesystem.Rename(destination, old.path() + "/replaced"));
  return built.Publish(destination);
}

std::vector<std::string> WarningsOf(std::span<const PlannedPackage> packages) {
  std::vector<std::string> warnings;
  for (const PlannedPackage& package : packages) {
    for (const std::string& warning : package.archive.warnings) {
      warnings.push_back(package.archive.name + " " + package.archive.version + ": " + warning);
    }
  }
  return warnings;
}

}  // namespace

std::string_view EnvironmentOutcomeName(EnvironmentOutcome outcome) {
  return kOutcomeNames.at(static_cast<std::size_t>(outcome));
}

Result<std::optional<Environment>> EnvironmentBuilder::Find(const EnvironmentSpec& spec) {
  FLOWSTONE_LET(Standing standing,
                Examine(parts_.filesystem, parts_.layout, spec, EnvironmentId(spec)));
  return std::move(standing.usable);
}

Result<Environment> EnvironmentBuilder::Ensure(const EnvironmentSpec& spec) {
  const Digest id = EnvironmentId(spec);
  FLOWSTONE_LET(Standing standing, Examine(parts_.filesystem, parts_.layout, spec, id));
  if (standing.usable) {
    return *std::move(standing.usable);
  }
  FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, parts_.layout.locks()));
  FLOWSTONE_LET(const os::FileLock lock,
                os::FileLock::Acquire(parts_.layout.locks() + "/env-" + id.ToString() + ".lock",
                                      os::LockMode::kExclusive, os::LockWait::kWait));
  // Another process may have built it while this one waited.
  FLOWSTONE_LET(standing, Examine(parts_.filesystem, parts_.layout, spec, id));
  if (standing.usable) {
    return *std::move(standing.usable);
  }
  return Build(spec, id, standing.reason);
}

Result<Environment> EnvironmentBuilder::Build(const EnvironmentSpec& spec, const Digest& id,
                                              const std::string& reason) {
  os::FileSystem& filesystem = parts_.filesystem;
  RemoveAbandonedStaging(filesystem, parts_.layout);
  FLOWSTONE_LET(const std::vector<PlannedPackage> packages, ProvidePackages(parts_.archives, spec));
  const EnvironmentScheme scheme = SchemeOf(spec.interpreter);
  FLOWSTONE_LET(const EnvironmentPlan plan, PlanEnvironment(packages, scheme));
  parts_.progress.Start(Phase::kInstall, CountOf(packages.size(), "package"), packages.size());
  FLOWSTONE_LET(StagingDirectory staging, StagingDirectory::Create(filesystem, parts_.layout));
  const Status built =
      Construction(filesystem, parts_.layout, spec, staging.path())
          .Run(plan, packages, EnvironmentRecord::Of(spec, id, scheme.site_packages));
  if (!built) {
    parts_.progress.Abandon(Phase::kInstall);
    return built.error();
  }
  parts_.progress.Advance(Phase::kInstall, packages.size(), "");
  parts_.progress.Finish(Phase::kInstall);
  FLOWSTONE_TRY(
      Publish(filesystem, parts_.layout, staging, parts_.layout.EnvironmentDirectory(id)));
  Environment environment =
      Describe(id, parts_.layout, spec.interpreter,
               reason.empty() ? EnvironmentOutcome::kBuilt : EnvironmentOutcome::kRebuilt);
  if (!reason.empty()) {
    environment.message = "environment " + id.ToString().substr(0, 12) + " was rebuilt: " + reason;
  }
  environment.warnings = WarningsOf(packages);
  return environment;
}

}  // namespace flowstone::install
