#include "flowstone/install/environment_builder.h"

#include <algorithm>
#include <array>

#include "flowstone/base/text.h"
#include "flowstone/install/archive_claim.h"
#include "flowstone/install/disk_space.h"
#include "flowstone/install/environment_examination.h"
#include "flowstone/install/environment_record.h"
#include "flowstone/install/file_linker.h"
#include "flowstone/install/link_capabilities.h"
#include "flowstone/install/parallel.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/install/venv.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/version.h"

namespace flowstone::install {
namespace {

// Two threads link 1.5 times as fast as one on a quiet ext4 or XFS; more gain nothing.
constexpr std::size_t kLinkThreads = 2;
constexpr std::size_t kLinksPerShard = 256;
constexpr std::size_t kDirectoriesPerShard = 64;
// Programs find their interpreter beside themselves, and look behind symbolic links for themselves.
constexpr std::string_view kPrograms = "bin/";
// In the order of EnvironmentOutcome.
constexpr std::array<std::string_view, 3> kOutcomeNames = {"reused", "built", "rebuilt"};

// Has `work` do `items`, up to `size` neighbours at a time.
template <class Item, class Work>
Status InShards(std::span<Item> items, std::size_t size, const Work& work) {
  const std::size_t shards = (items.size() + size - 1) / size;
  return ForEachInParallel(shards, kLinkThreads, [&](std::size_t shard) -> Status {
    const std::size_t begin = shard * size;
    return work(items.subspan(begin, std::min(size, items.size() - begin)));
  });
}

// The names of the first links that go from one directory to one other and keep their names; none
// when the first one gets another name.
std::vector<std::string> NamesBeside(std::span<const LinkOperation> links) {
  const auto directory = [](const std::string& path) {
    return std::string_view(path).substr(0, path.rfind('/') + 1);
  };
  const LinkOperation& first = links.front();
  const std::string_view from = directory(first.source);
  const std::string_view to = directory(first.destination);
  std::vector<std::string> names;
  for (const LinkOperation& link : links) {
    const std::string_view name =
        std::string_view(link.source).substr(directory(link.source).size());
    if (link.package != first.package || directory(link.source) != from ||
        directory(link.destination) != to || link.destination.substr(to.size()) != name) {
      break;
    }
    names.emplace_back(name);
  }
  return names;
}

// Builds the content of one environment in a staging directory.
class Construction {
 public:
  Construction(os::FileSystem& filesystem, const CacheLayout& layout,
               const Interpreter& interpreter, std::span<const PlannedPackage> packages,
               std::string directory, LinkMode mode)
      : filesystem_(filesystem),
        layout_(layout),
        interpreter_(interpreter),
        directory_(std::move(directory)),
        mode_(mode),
        linker_(filesystem, mode == LinkMode::kSymlink ? LinkMode::kHardlink : mode,
                FileAccess::kReadOnly),
        archives_(ArchivePrefixes(layout, packages)) {}

  Status Run(const EnvironmentPlan& plan, const EnvironmentRecord& record) {
    FLOWSTONE_TRY(CheckRoom(plan));
    FLOWSTONE_TRY(MakeDirectories(plan.directories));
    for (const FoldOperation& fold : plan.folds) {
      const std::string source = archives_[fold.package] + fold.source;
      FLOWSTONE_TRY(
          filesystem_.MakeSymlink(LinkText(fold.destination, source), At(fold.destination)));
    }
    FLOWSTONE_TRY(
        InShards(std::span(plan.links), kLinksPerShard,
                 [&](std::span<const LinkOperation> shard) { return PlaceShard(shard); }));
    for (const WriteOperation& write : plan.writes) {
      FLOWSTONE_TRY(WriteFile(write.destination, write.content, write.mode));
    }
    FLOWSTONE_TRY(MakeVenv(filesystem_, directory_, interpreter_));
    return WriteFile(kEnvironmentRecordName, record.Serialize(), 0644);
  }

  std::size_t copied_instead() const { return linker_.copied_instead(); }

 private:
  std::string At(std::string_view path) const { return directory_ + "/" + std::string(path); }

  // What a symbolic link at `destination` holds to mean `path` in the cache. The environment lies
  // two directories below the root of the cache, before it is published and after, so that links
  // stay true when the whole cache is moved.
  std::string LinkText(const std::string& destination, const std::string& path) const {
    const auto depth = std::ranges::count(destination, '/') + 2;
    std::string text;
    for (std::ptrdiff_t i = 0; i < depth; ++i) {
      text += "../";
    }
    return text + path.substr(layout_.root().size() + 1);
  }

  Status CheckRoom(const EnvironmentPlan& plan) const {
    std::uint64_t bytes = 0;
    for (const WriteOperation& write : plan.writes) {
      bytes += RoundedToBlocks(write.content.size());
    }
    bytes += (plan.directories.size() + plan.folds.size()) * RoundedToBlocks(1);
    if (mode_ == LinkMode::kCopy) {
      bytes += plan.linked_bytes;
    }
    return CheckDiskSpace(filesystem_, directory_, bytes);
  }

  // Those of one depth at once, as none of them is in another.
  Status MakeDirectories(std::span<const std::string> directories) {
    std::vector<std::vector<const std::string*>> levels;
    for (const std::string& path : directories) {
      const auto depth = static_cast<std::size_t>(std::ranges::count(path, '/'));
      levels.resize(std::max(levels.size(), depth + 1));
      levels[depth].push_back(&path);
    }
    for (const std::vector<const std::string*>& level : levels) {
      FLOWSTONE_TRY(InShards(std::span(level), kDirectoriesPerShard,
                             [&](auto shard) { return MakeEach(shard); }));
    }
    return Ok();
  }

  Status MakeEach(std::span<const std::string* const> directories) {
    for (const std::string* path : directories) {
      FLOWSTONE_TRY(filesystem_.MakeDirectory(At(*path), 0755));
    }
    return Ok();
  }

  Status PlaceShard(std::span<const LinkOperation> links) {
    while (!links.empty()) {
      const LinkOperation& first = links.front();
      const std::string source = archives_[first.package] + first.source;
      if (mode_ == LinkMode::kSymlink && !first.destination.starts_with(kPrograms)) {
        FLOWSTONE_TRY(
            filesystem_.MakeSymlink(LinkText(first.destination, source), At(first.destination)));
        links = links.subspan(1);
      } else if (const std::vector<std::string> names = NamesBeside(links); names.empty()) {
        FLOWSTONE_TRY(linker_.Place(source, At(first.destination)));
        links = links.subspan(1);
      } else {
        FLOWSTONE_TRY(
            linker_.PlaceAll(os::DirName(source), names, At(os::DirName(first.destination))));
        links = links.subspan(names.size());
      }
    }
    return Ok();
  }

  Status WriteFile(const std::string& path, std::string_view content, std::uint32_t mode) {
    FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                  filesystem_.OpenOutput(At(path), os::Existing::kRefuse, mode));
    FLOWSTONE_TRY(file->Write(content));
    return file->Close();
  }

  os::FileSystem& filesystem_;
  const CacheLayout& layout_;
  const Interpreter& interpreter_;
  const std::string directory_;
  const LinkMode mode_;
  FileLinker linker_;
  const std::vector<std::string> archives_;  // the directory of each package's, with its "/"
};

Environment Describe(const Digest& id, std::string directory, const Interpreter& interpreter,
                     LinkMode mode, EnvironmentOutcome outcome) {
  Environment environment{.id = id, .directory = std::move(directory)};
  environment.python = environment.directory + "/bin/python";
  environment.site_packages =
      environment.directory + "/" + EnvironmentScheme::Of(interpreter).site_packages;
  environment.outcome = outcome;
  environment.link_mode = mode;
  return environment;
}

// REQUIRES: `packages` are those of the spec, sorted by name.
EnvironmentRecord RecordOf(const EnvironmentSpec& spec, const Digest& id,
                           const EnvironmentScheme& scheme, LinkMode mode,
                           std::span<const PlannedPackage> packages) {
  EnvironmentRecord record = EnvironmentRecord::Of(spec, id, scheme.site_packages, mode);
  for (std::size_t i = 0; i < packages.size(); ++i) {
    record.packages.at(i).bytecode = packages[i].archive.bytecode;
  }
  return record;
}

std::vector<std::string> WarningsOf(std::span<const PlannedPackage> packages,
                                    const EnvironmentPlan& plan, std::size_t copied_instead,
                                    LinkMode mode) {
  std::vector<std::string> warnings = plan.warnings;
  if (copied_instead > 0) {
    warnings.push_back(CopiedInsteadWarning(copied_instead, mode));
  }
  for (const PlannedPackage& package : packages) {
    for (const std::string& warning : package.archive.warnings) {
      warnings.push_back(package.archive.name + " " + package.archive.version + ": " + warning);
    }
  }
  return warnings;
}

// A file that was fetched has the name that the lock gives it; one that is unpacked already has its
// own.
Status CheckIdentity(const WheelArtifact& wanted, const ArchivePlan& found) {
  const auto is_version = [&] {
    const Result<pypi::Version> one = pypi::Version::Parse(wanted.version);
    const Result<pypi::Version> other = pypi::Version::Parse(found.version);
    return one && other && *one == *other;
  };
  if (wanted.name == found.name && (wanted.version == found.version || is_version())) {
    return Ok();
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = wanted.promised_by + " says that " + wanted.file_name + ", " +
                          wanted.name + " " + wanted.version + ", has sha256 " +
                          wanted.digest.ToString() + ", and the wheel that has it is " +
                          found.name + " " + found.version,
               .hints = {"make the lock anew: somebody edited it"}};
}

}  // namespace

std::string_view EnvironmentOutcomeName(EnvironmentOutcome outcome) {
  return kOutcomeNames.at(static_cast<std::size_t>(outcome));
}

std::vector<Digest> WheelsOf(const EnvironmentSpec& spec) {
  std::vector<Digest> wheels;
  wheels.reserve(spec.packages.size());
  for (const EnvironmentPackage& package : spec.packages) {
    wheels.push_back(package.wheel.digest);
  }
  return wheels;
}

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
    FLOWSTONE_TRY(CheckIdentity(sorted[i]->wheel, plans.at(i)));
    packages.push_back({.archive = std::move(plans.at(i)),
                        .wish = sorted[i]->wish,
                        .direct_url = sorted[i]->direct_url});
  }
  return packages;
}

std::string EnvironmentBuilder::DirectoryOf(const Digest& id) const {
  const std::string directory = parts_.layout.EnvironmentDirectory(id);
  return parts_.link_mode ? directory + "." + std::string(LinkModeName(*parts_.link_mode))
                          : directory;
}

Result<EnvironmentBuilder::Standing> EnvironmentBuilder::Examine(const Interpreter& interpreter,
                                                                 const Digest& id) {
  std::string directory = DirectoryOf(id);
  FLOWSTONE_LET(EnvironmentStanding found,
                ExamineEnvironment(parts_.filesystem, parts_.layout, directory));
  if (!found.usable) {
    return Standing{.usable = {}, .complaint = std::move(found.complaint)};
  }
  if (found.usable->id != id) {
    return Standing{.usable = {}, .complaint = "its record is of another environment"};
  }
  return Standing{.usable = Describe(id, std::move(directory), interpreter, found.usable->link_mode,
                                     EnvironmentOutcome::kReused),
                  .complaint = {}};
}

Result<EnvironmentBuilder::Standing> EnvironmentBuilder::ExamineLeased(
    const Interpreter& interpreter, const Digest& id) {
  Result<std::optional<os::Lease>> lease = os::Lease::Hold(DirectoryOf(id));
  if (lease && !*lease) {
    return Standing{};
  }
  // It was there before the look, so that what is found usable stays.
  FLOWSTONE_LET(Standing standing, Examine(interpreter, id));
  if (lease && standing.usable) {
    standing.usable->lease = std::make_shared<const os::Lease>(**std::move(lease));
  }
  return standing;
}

Result<std::optional<Environment>> EnvironmentBuilder::Find(const EnvironmentSpec& spec) {
  FLOWSTONE_LET(Standing standing, Examine(spec.interpreter, EnvironmentId(spec)));
  return std::move(standing.usable);
}

Result<std::optional<Environment>> EnvironmentBuilder::Take(const Interpreter& interpreter,
                                                            const Digest& id) {
  FLOWSTONE_LET(Standing standing, ExamineLeased(interpreter, id));
  return std::move(standing.usable);
}

Result<Environment> EnvironmentBuilder::Ensure(const EnvironmentSpec& spec) {
  const Digest id = EnvironmentId(spec);
  FLOWSTONE_LET(Standing standing, ExamineLeased(spec.interpreter, id));
  if (standing.usable) {
    return *std::move(standing.usable);
  }
  FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, parts_.layout.locks()));
  FLOWSTONE_LET(const os::FileLock lock,
                os::FileLock::Acquire(
                    parts_.layout.locks() + "/env-" + os::BaseName(DirectoryOf(id)) + ".lock",
                    os::LockMode::kExclusive, os::LockWait::kWait));
  // Another process may have built it while this one waited.
  FLOWSTONE_LET(standing, ExamineLeased(spec.interpreter, id));
  if (standing.usable) {
    return *std::move(standing.usable);
  }
  return Build(spec, id, standing.complaint);
}

Result<Environment> EnvironmentBuilder::Build(const EnvironmentSpec& spec, const Digest& id,
                                              const std::string& complaint) {
  os::FileSystem& filesystem = parts_.filesystem;
  RemoveAbandonedStaging(filesystem, parts_.layout);
  FLOWSTONE_LET(const ArchiveClaim claim,
                ArchiveClaim::Make(filesystem, parts_.layout, WheelsOf(spec)));
  FLOWSTONE_LET(const std::vector<PlannedPackage> packages, ProvidePackages(parts_.archives, spec));
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, parts_.layout.environments()));
  FLOWSTONE_LET(const LinkCapabilities links,
                RememberedLinks(filesystem, parts_.layout, parts_.layout.environments()));
  const LinkMode mode = parts_.link_mode.value_or(links.BestForShared());
  const EnvironmentScheme scheme = EnvironmentScheme::Of(spec.interpreter);
  FLOWSTONE_LET(
      EnvironmentPlan plan,
      PlanEnvironment(packages, scheme,
                      {.folding = mode == LinkMode::kSymlink ? Folding::kWhereSafe : Folding::kNone,
                       .name_case = links.name_case}));
  parts_.progress.Start(Phase::kInstall, CountOf(packages.size(), "package"), packages.size());
  FLOWSTONE_LET(StagingDirectory staging, StagingDirectory::Create(filesystem, parts_.layout));
  Construction construction(filesystem, parts_.layout, spec.interpreter, packages, staging.path(),
                            mode);
  const Status built = construction.Run(plan, RecordOf(spec, id, scheme, mode, packages));
  if (!built) {
    parts_.progress.Abandon(Phase::kInstall);
    return built.error();
  }
  parts_.progress.Advance(Phase::kInstall, packages.size(), "");
  parts_.progress.Finish(Phase::kInstall);
  // From before it can be seen.
  Result<std::optional<os::Lease>> lease = os::Lease::Hold(staging.path());
  FLOWSTONE_TRY(PublishInPlace(filesystem, parts_.layout, staging, DirectoryOf(id)));
  Environment environment =
      Describe(id, DirectoryOf(id), spec.interpreter, mode,
               complaint.empty() ? EnvironmentOutcome::kBuilt : EnvironmentOutcome::kRebuilt);
  if (lease && *lease) {
    environment.lease = std::make_shared<const os::Lease>(**std::move(lease));
  }
  if (!complaint.empty()) {
    environment.message =
        "environment " + id.ToString().substr(0, 12) + " was rebuilt: " + complaint;
  } else if (!spec.interpreter.formerly.empty()) {
    environment.message = "environment " + id.ToString().substr(0, 12) +
                          " was built anew: its interpreter " + spec.interpreter.executable +
                          " was " + spec.interpreter.formerly + " and is Python " +
                          spec.interpreter.version.ToString() + " now";
  }
  environment.warnings = WarningsOf(packages, plan, construction.copied_instead(), mode);
  return environment;
}

}  // namespace flowstone::install
