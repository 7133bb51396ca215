#include "flowstone/install/venv_sync.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/install/disk_space.h"
#include "flowstone/install/environment_scheme.h"
#include "flowstone/install/file_linker.h"
#include "flowstone/install/link_capabilities.h"
#include "flowstone/install/venv_files.h"
#include "flowstone/install/venv_roots.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/temp_dir.h"

namespace flowstone::install {
namespace {

// Below the environment: dist-info directories on their way, and the lock of those who synchronise.
constexpr std::string_view kTransit = ".flowstone-sync";

bool Goes(VenvAction action) {
  return action == VenvAction::kRemove || action == VenvAction::kUpdate ||
         action == VenvAction::kReplace;
}

bool Comes(VenvAction action) {
  return action == VenvAction::kAdd || action == VenvAction::kUpdate ||
         action == VenvAction::kReplace;
}

// What one package has to bring: indices into the plan.
struct Delivery {
  std::vector<std::size_t> links;
  std::vector<std::size_t> writes;
};

class Synchronisation {
 public:
  Synchronisation(const VenvSyncParts& parts, const std::string& directory,
                  const Interpreter& interpreter, std::span<const PlannedPackage> packages,
                  const VenvSyncOptions& options)
      : parts_(parts),
        filesystem_(parts.filesystem),
        directory_(directory),
        interpreter_(interpreter),
        packages_(packages),
        options_(options),
        scheme_(EnvironmentScheme::Of(interpreter)),
        files_(parts.filesystem, directory, scheme_),
        archives_(ArchivePrefixes(parts.layout, packages)) {}

  Result<VenvSyncReport> Run() {
    FLOWSTONE_LET(report_.before, LookAtVenv(filesystem_, directory_));
    const bool is_vacant = report_.before == VenvPlace::kVacant;
    if (options_.depth == SyncDepth::kLook) {
      FLOWSTONE_TRY(Look());
      return std::move(report_);
    }
    if (is_vacant) {
      FLOWSTONE_TRY(MakeNewVenv());
    }
    FLOWSTONE_TRY(os::MakeDirectories(filesystem_, At(kTransit), 0755));
    FLOWSTONE_LET(
        const os::FileLock lock,
        os::FileLock::Acquire(InTransit("lock"), os::LockMode::kExclusive, os::LockWait::kWait));
    FLOWSTONE_TRY(ClearTransit());
    FLOWSTONE_TRY(Look());
    if (!report_.is_current()) {
      FLOWSTONE_TRY(Apply());
    }
    report_.warnings.insert(report_.warnings.end(), files_.warnings().begin(),
                            files_.warnings().end());
    return std::move(report_);
  }

 private:
  std::string At(std::string_view path) const { return os::JoinPath(directory_, path); }
  std::string InTransit(std::string_view name) const { return os::JoinPath(At(kTransit), name); }
  std::string InSite(std::string_view name) const {
    return os::JoinPath(At(scheme_.site_packages), name);
  }

  // Beside its place, and then there at once.
  Status MakeNewVenv() {
    const std::string parent = os::DirName(directory_);
    FLOWSTONE_TRY(os::MakeDirectories(filesystem_, parent));
    const std::string prefix = "." + os::BaseName(directory_) + "-flowstone-";
    FLOWSTONE_LET(os::TempDir made, os::TempDir::Create(filesystem_, parent, prefix));
    FLOWSTONE_TRY(filesystem_.SetMode(made.path(), 0755));
    FLOWSTONE_TRY(MakeVenvForPeople(filesystem_, made.path(), interpreter_, directory_));
    FLOWSTONE_TRY(filesystem_.Rename(made.path(), directory_));
    made.Release();
    return Ok();
  }

  // What an interrupted synchronisation left: packages that were going or coming.
  Status ClearTransit() {
    FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries,
                  filesystem_.ListDirectory(At(kTransit)));
    const bool is_clear = std::ranges::none_of(
        entries, [](const auto& entry) { return entry.type == os::FileType::kDirectory; });
    if (is_clear) {
      return Ok();
    }
    FLOWSTONE_LET(const std::vector<InstalledPackage> present,
                  ReadInstalledPackages(filesystem_, At(scheme_.site_packages)));
    VenvFiles files(filesystem_, directory_, scheme_);
    for (const InstalledPackage& package : present) {
      files.AddStaying(package);
    }
    for (const os::DirectoryEntry& entry : entries) {
      if (entry.type == os::FileType::kDirectory) {
        FLOWSTONE_LET(const InstalledPackage package,
                      ReadInstalledPackage(filesystem_, InTransit(entry.name)));
        FLOWSTONE_TRY(files.Remove(package));
        FLOWSTONE_TRY(os::RemoveTree(filesystem_, InTransit(entry.name)));
      }
    }
    return Ok();
  }

  // Finds out what is to be done, and whether it can be done.
  Status Look() {
    FLOWSTONE_LET(installed_, ReadInstalledPackages(filesystem_, At(scheme_.site_packages)));
    FLOWSTONE_LET(report_.changes,
                  PlanVenvChanges(packages_, installed_, scheme_,
                                  [this](const std::string& path) { return SizeOf(path); }));
    if (options_.depth == SyncDepth::kApply) {
      FLOWSTONE_LET(links_, RememberedLinks(filesystem_, parts_.layout, directory_));
    }
    FLOWSTONE_LET(plan_, PlanEnvironment(packages_, scheme_, {.name_case = links_.name_case}));
    report_.warnings = plan_.warnings;
    for (const VenvChange& change : report_.changes) {
      for (const std::size_t index : change.installed) {
        if (Goes(change.action)) {
          files_.AddLeaving(installed_[index]);
        } else {
          files_.AddStaying(installed_[index]);
        }
      }
    }
    Deliver();
    return CheckWay();
  }

  std::optional<std::uint64_t> SizeOf(const std::string& path) const {
    const Result<os::FileInfo> info = filesystem_.Stat(InSite(path));
    return info && info->type == os::FileType::kFile ? std::optional(info->size) : std::nullopt;
  }

  void Deliver() {
    deliveries_.resize(packages_.size());
    for (std::size_t i = 0; i < plan_.links.size(); ++i) {
      deliveries_[plan_.links[i].package].links.push_back(i);
    }
    for (std::size_t i = 0; i < plan_.writes.size(); ++i) {
      deliveries_[plan_.writes[i].package].writes.push_back(i);
    }
  }

  // No file of somebody else may be where one is to come, unless it is the same.
  Status CheckWay() {
    if (report_.before == VenvPlace::kVacant) {
      return Ok();
    }
    for (const VenvChange& change : report_.changes) {
      if (!Comes(change.action)) {
        continue;
      }
      for (const std::size_t index : deliveries_[*change.planned].links) {
        FLOWSTONE_TRY(CheckWayOf(plan_.links[index], change));
      }
    }
    return Ok();
  }

  Status CheckWayOf(const LinkOperation& link, const VenvChange& change) {
    if (files_.IsLeaving(link.destination)) {
      return Ok();
    }
    const Result<os::FileInfo> info = filesystem_.Lstat(At(link.destination));
    if (!info) {
      return info.error().code == ErrorCode::kNotFound ? Ok() : Status(Error(info.error()));
    }
    const std::optional<std::string> owner = files_.StayingOwner(link.destination);
    if (owner && IsPlanned(*owner)) {
      return Ok();  // the plan has said who of the two has it
    }
    if (info->type == os::FileType::kFile && info->size == link.size) {
      FLOWSTONE_LET(const os::FileDigest there,
                    os::DigestOfFile(filesystem_, At(link.destination)));
      FLOWSTONE_LET(const os::FileDigest wanted, os::DigestOfFile(filesystem_, SourceOf(link)));
      if (there.digest == wanted.digest) {
        return Ok();
      }
    }
    return Error{.code = ErrorCode::kConflict,
                 .message = At(link.destination) + " is in the way of " + change.name + " " +
                            change.after + ": it belongs to " +
                            (owner ? *owner + ", which is not in the lock" : "no package")}
        .WithHint(owner ? "remove " + *owner + " with the tool that installed it"
                        : "move it away, or remove it");
  }

  bool IsPlanned(const std::string& name) const {
    return std::ranges::any_of(
        packages_, [&](const PlannedPackage& package) { return package.archive.name == name; });
  }

  std::string SourceOf(const LinkOperation& link) const {
    return archives_[link.package] + link.source;
  }

  Status Apply() {
    const auto count = static_cast<std::size_t>(std::ranges::count_if(
        report_.changes,
        [](const VenvChange& change) { return Goes(change.action) || Comes(change.action); }));
    mode_ = options_.link_mode.value_or(links_.BestForWritable());
    FLOWSTONE_TRY(CheckRoom());
    FLOWSTONE_TRY(
        NoteLinkedVenv(filesystem_, parts_.layout, directory_, packages_,
                       mode_ == LinkMode::kSymlink ? VenvLinks::kSymbolic : VenvLinks::kNone));
    parts_.progress.Start(Phase::kInstall, CountOf(count, "package"), count);
    Status done = ChangePackages();
    if (!done) {
      parts_.progress.Abandon(Phase::kInstall);
      return done;
    }
    parts_.progress.Advance(Phase::kInstall, count, "");
    parts_.progress.Finish(Phase::kInstall);
    return Ok();
  }

  Status CheckRoom() const {
    std::uint64_t bytes = 0;
    for (const VenvChange& change : report_.changes) {
      if (!Comes(change.action)) {
        continue;
      }
      for (const std::size_t index : deliveries_[*change.planned].links) {
        bytes += mode_ == LinkMode::kCopy ? RoundedToBlocks(plan_.links[index].size) : 0;
      }
    }
    return CheckDiskSpace(filesystem_, directory_, bytes);
  }

  Status ChangePackages() {
    for (const VenvChange& change : report_.changes) {
      if (Goes(change.action)) {
        for (const std::size_t index : change.installed) {
          FLOWSTONE_TRY(Annotate(Remove(installed_[index]), "while removing " + change.name));
        }
      }
    }
    FileLinker linker(filesystem_, mode_ == LinkMode::kSymlink ? LinkMode::kHardlink : mode_,
                      FileAccess::kWritable);
    for (const VenvChange& change : report_.changes) {
      if (Comes(change.action)) {
        FLOWSTONE_TRY(
            Annotate(Install(*change.planned, linker), "while installing " + change.name));
      }
    }
    if (linker.copied_instead() > 0) {
      report_.warnings.push_back(CopiedInsteadWarning(linker.copied_instead(), mode_));
    }
    return Ok();
  }

  Status Remove(const InstalledPackage& package) {
    const std::string transit = InTransit(package.dist_info);
    FLOWSTONE_TRY(filesystem_.Rename(InSite(package.dist_info), transit));
    FLOWSTONE_TRY(files_.Remove(package));
    return os::RemoveTree(filesystem_, transit);
  }

  // The dist-info directory is made in transit and comes last; its RECORD is there before the first
  // file is at its place.
  Status Install(std::size_t package, FileLinker& linker) {
    const std::string& dist_info = packages_[package].archive.dist_info;
    const std::string prefix = os::JoinPath(scheme_.site_packages, dist_info) + "/";
    const std::string transit = InTransit(dist_info);
    const Delivery& delivery = deliveries_[package];
    FLOWSTONE_TRY(filesystem_.MakeDirectory(transit, 0755));
    for (const std::size_t index : delivery.writes) {
      const WriteOperation& write = plan_.writes[index];
      FLOWSTONE_TRY(os::ReplaceFile(filesystem_,
                                    os::JoinPath(transit, write.destination.substr(prefix.size())),
                                    write.content, write.mode));
    }
    for (const bool is_metadata : {true, false}) {
      for (const std::size_t index : delivery.links) {
        const LinkOperation& link = plan_.links[index];
        if (link.destination.starts_with(prefix) == is_metadata) {
          FLOWSTONE_TRY(Place(link,
                              is_metadata
                                  ? os::JoinPath(transit, link.destination.substr(prefix.size()))
                                  : At(link.destination),
                              linker));
        }
      }
    }
    return filesystem_.Rename(transit, InSite(dist_info));
  }

  Status Place(const LinkOperation& link, const std::string& to, FileLinker& linker) {
    std::string parent = os::DirName(to);
    if (!made_.contains(parent)) {
      FLOWSTONE_TRY(os::MakeDirectories(filesystem_, parent, 0755));
      made_.insert(std::move(parent));
    }
    // A program looks for its interpreter behind symbolic links to itself.
    const bool is_symlink = mode_ == LinkMode::kSymlink && !link.destination.starts_with("bin/");
    const auto place = [&] {
      return is_symlink ? filesystem_.MakeSymlink(SourceOf(link), to)
                        : linker.Place(SourceOf(link), to);
    };
    Status placed = place();
    if (placed || placed.error().code != ErrorCode::kConflict) {
      return placed;
    }
    FLOWSTONE_TRY(filesystem_.RemoveFile(to));  // the same, as CheckWay has seen
    return place();
  }

  const VenvSyncParts& parts_;
  os::FileSystem& filesystem_;
  const std::string& directory_;
  const Interpreter& interpreter_;
  const std::span<const PlannedPackage> packages_;
  const VenvSyncOptions& options_;
  const EnvironmentScheme scheme_;
  VenvFiles files_;
  const std::vector<std::string> archives_;
  VenvSyncReport report_;
  std::vector<InstalledPackage> installed_;
  LinkCapabilities links_;
  EnvironmentPlan plan_;
  std::vector<Delivery> deliveries_;  // by package
  LinkMode mode_ = LinkMode::kCopy;
  std::set<std::string> made_;  // directories that are known to be there
};

}  // namespace

bool VenvSyncReport::is_current() const {
  return before == VenvPlace::kVenv && std::ranges::none_of(changes, [](const VenvChange& change) {
           return Goes(change.action) || Comes(change.action);
         });
}

Result<VenvSyncReport> SyncVenv(const VenvSyncParts& parts, const std::string& directory,
                                const Interpreter& interpreter,
                                std::span<const PlannedPackage> packages,
                                const VenvSyncOptions& options) {
  return Synchronisation(parts, directory, interpreter, packages, options).Run();
}

}  // namespace flowstone::install
