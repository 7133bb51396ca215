#include "flowstone/install/cache_cleaner.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/install/archive_claim.h"
#include "flowstone/install/cache_obstacles.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/install/venv_roots.h"
#include "flowstone/install/wheel_download.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/lease.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// Carries out one plan. What cannot go has a reason; only the cache as a whole has errors.
class Cleaning {
 public:
  static Result<Cleaning> Begin(os::FileSystem& filesystem, const CacheLayout& layout,
                                const CacheInventory& inventory) {
    Result<StagingDirectory> trash = StagingDirectory::Create(filesystem, layout);
    if (trash) {
      return Cleaning(filesystem, layout, inventory, *std::move(trash));
    }
    // A disk without room for a directory needs cleaning most.
    return trash.error().code == ErrorCode::kIo
               ? Result<Cleaning>(Cleaning(filesystem, layout, inventory, std::nullopt))
               : trash.error();
  }

  Status Run(const CleaningPlan& plan) {
    for (const std::size_t i : plan.going) {
      if (KindOf(i) == CacheKind::kEnvironments) {
        Settle(i, RemoveEnvironment(inventory_.items[i]));
      }
    }
    FLOWSTONE_TRY(RemoveArchives(plan));
    for (const std::size_t i : plan.going) {
      if (KindOf(i) != CacheKind::kEnvironments && !IsOfArchives(i)) {
        Settle(i, RemoveOther(inventory_.items[i]));
      }
    }
    return Ok();
  }

  const std::vector<std::size_t>& removed() const { return removed_; }
  const std::map<std::size_t, std::string>& kept() const { return kept_; }

 private:
  Cleaning(os::FileSystem& filesystem, const CacheLayout& layout, const CacheInventory& inventory,
           std::optional<StagingDirectory> trash)
      : filesystem_(filesystem), layout_(layout), inventory_(inventory), trash_(std::move(trash)) {}

  CacheKind KindOf(std::size_t i) const { return inventory_.items[i].kind; }
  bool IsOfArchives(std::size_t i) const { return IsArchive(KindOf(i)); }

  void Settle(std::size_t i, const Status& removed) {
    if (removed) {
      removed_.push_back(i);
    } else if (removed.error().code != ErrorCode::kNotFound) {  // else somebody else removed it
      kept_.insert_or_assign(i, removed.error().message);
    }
  }

  // Out of sight by one rename. Where there is no directory for what was discarded, the first one
  // that goes becomes it; files go at once.
  Status Discard(const std::string& path) {
    if (!trash_) {
      FLOWSTONE_LET(const os::FileInfo info, filesystem_.Lstat(path));
      if (info.type != os::FileType::kDirectory) {
        return filesystem_.RemoveFile(path);
      }
      FLOWSTONE_LET(StagingDirectory adopted, StagingDirectory::Adopt(filesystem_, layout_, path));
      trash_.emplace(std::move(adopted));
      return Ok();
    }
    return filesystem_.Rename(path, NextPlace());
  }
  // REQUIRES: there is a directory for what was discarded.
  std::string NextPlace() { return os::JoinPath(trash_->path(), std::to_string(++discarded_)); }

  Status RemoveEnvironment(const CacheItem& item) {
    FLOWSTONE_LET(const os::Lease lease, os::Lease::TakeOver(item.path));
    FLOWSTONE_LET(const std::int64_t last_used_ns, lease.ModifiedNs());
    if (last_used_ns != item.last_used_ns) {
      return Error{ErrorCode::kConflict, "it was used while the cache was being looked at"};
    }
    FLOWSTONE_TRY(Discard(item.path));
    // Its archives were in use for as long as it was.
    for (const std::string& archive : item.needs) {
      const Result<os::FileInfo> info = filesystem_.Lstat(archive);
      if (info && info->modified_ns < last_used_ns) {
        static_cast<void>(filesystem_.SetModifiedTime(archive, last_used_ns));
      }
    }
    return Ok();
  }

  // While the gate is shut nobody begins to make an environment.
  Status RemoveArchives(const CleaningPlan& plan) {
    if (std::ranges::none_of(plan.going, [this](std::size_t i) { return IsOfArchives(i); })) {
      return Ok();
    }
    FLOWSTONE_LET(const os::FileLock gate, ShutClaimGate(filesystem_, layout_));
    FLOWSTONE_LET(const std::set<Digest> claimed,
                  ClaimedWheels(filesystem_, layout_, DeadClaims::kRemoved));
    FLOWSTONE_LET(const std::set<std::string> needed, NeededArchives());
    for (const std::size_t i : plan.going) {
      if (!IsOfArchives(i)) {
        continue;
      }
      const CacheItem& item = inventory_.items[i];
      const Result<Digest> wheel = Digest::Parse(os::BaseName(item.path));
      if (needed.contains(item.path) || (wheel && claimed.contains(*wheel))) {
        kept_.insert_or_assign(i, "an environment was made of it meanwhile");
      } else {
        Settle(i, Discard(item.path));
      }
    }
    return Ok();
  }

  // Of all environments that are there now.
  Result<std::set<std::string>> NeededArchives() {
    std::set<std::string> needed;
    const Result<std::vector<os::DirectoryEntry>> environments =
        filesystem_.ListDirectory(layout_.environments());
    if (!environments && environments.error().code != ErrorCode::kNotFound) {
      return environments.error();
    }
    for (const os::DirectoryEntry& entry :
         environments ? *environments : std::vector<os::DirectoryEntry>()) {
      for (std::string& archive : ArchivesOfEnvironment(
               filesystem_, layout_, os::JoinPath(layout_.environments(), entry.name))) {
        needed.insert(std::move(archive));
      }
    }
    FLOWSTONE_LET(const auto linked, ArchivesOfLinkedVenvs(filesystem_, layout_));
    for (const auto& [archive, venv] : linked) {
      needed.insert(archive);
    }
    return needed;
  }

  Status RemoveOther(const CacheItem& item) {
    switch (item.kind) {
      case CacheKind::kBuilds:
        return RemoveLocked(item, layout_.BuildsLock());
      case CacheKind::kIndex:
        return RemoveIndex(item);
      case CacheKind::kDownloads:
        return RemoveDownload(item);
      case CacheKind::kTemporary:
        return RemoveTemporary(item);
      case CacheKind::kRecords:
        return RemoveRecord(item);
      default:
        return Discard(item.path);
    }
  }

  // When nobody has the lock at that path.
  Status RemoveLocked(const CacheItem& item, const std::string& lock_path) {
    FLOWSTONE_LET(const os::FileLock lock,
                  os::FileLock::Acquire(lock_path, os::LockMode::kExclusive, os::LockWait::kTry));
    return Discard(item.path);
  }

  // With what was said about it, and its lock.
  Status RemoveDownload(const CacheItem& item) {
    const Result<Digest> file = Digest::Parse(os::BaseName(item.path));
    if (!file) {
      return RemoveLocked(item, OwnersLock(layout_, item));
    }
    const std::string lock_path = layout_.WheelLock(*file);
    FLOWSTONE_LET(const os::FileLock lock,
                  os::FileLock::Acquire(lock_path, os::LockMode::kExclusive, os::LockWait::kTry));
    FLOWSTONE_TRY(RemovePartialWheel(filesystem_, item.path));
    return filesystem_.RemoveFile(lock_path);
  }

  // Processes append under its lock; who has it mapped keeps what he saw.
  Status RemoveIndex(const CacheItem& item) {
    const std::string lock_path = os::JoinPath(item.path, "lock");
    FLOWSTONE_LET(const bool is_locked, os::Exists(filesystem_, lock_path));
    return is_locked ? RemoveLocked(item, lock_path) : Discard(item.path);
  }

  Status RemoveTemporary(const CacheItem& item) {
    const std::string parent = os::DirName(item.path);
    if (parent == layout_.temporary()) {
      if (!trash_) {
        RemoveAbandonedStaging(filesystem_, layout_);
        return Ok();
      }
      return TakeAbandonedStaging(filesystem_, layout_, os::BaseName(item.path), NextPlace());
    }
    if (parent == layout_.claims()) {
      FLOWSTONE_LET(const os::FileLock gate, ShutClaimGate(filesystem_, layout_));
      FLOWSTONE_LET(const os::Lease lease, os::Lease::TakeOver(item.path));
      return filesystem_.RemoveFile(item.path);
    }
    return Discard(item.path);
  }

  Status RemoveRecord(const CacheItem& item) {
    if (os::DirName(item.path) != layout_.locks()) {
      return Discard(item.path);
    }
    FLOWSTONE_LET(const os::FileLock lock,
                  os::FileLock::Acquire(item.path, os::LockMode::kExclusive, os::LockWait::kTry));
    return filesystem_.RemoveFile(item.path);
  }

  os::FileSystem& filesystem_;
  const CacheLayout& layout_;
  const CacheInventory& inventory_;
  std::optional<StagingDirectory> trash_;  // removed at the end
  std::size_t discarded_ = 0;
  std::vector<std::size_t> removed_;
  std::map<std::size_t, std::string> kept_;
};

// With what the removal of what was removed means.
CleaningReport Summed(CleaningReport report) {
  CleaningAccount account(report.inventory);
  for (const std::size_t i : report.removed) {
    const CacheItem& item = report.inventory.items[i];
    const std::uint64_t before = account.gone();
    account.Remove(item);
    KindUsage& kind = report.removed_kinds.at(static_cast<std::size_t>(item.kind));
    ++kind.items;
    kind.bytes += account.gone() - before;
  }
  report.gone = account.gone();
  report.freed = account.freed();
  return report;
}

}  // namespace

Result<CleaningReport> CacheCleaner::Look(const CleaningWish& wish, std::int64_t now_ns) {
  CleaningReport report;
  FLOWSTONE_LET(report.inventory, TakeInventory(filesystem_, home_, now_ns));
  CleaningPlan plan = PlanCleaning(report.inventory, wish);
  report.removed = std::move(plan.going);
  report.kept = std::move(plan.kept);
  return Summed(std::move(report));
}

Result<CleaningReport> CacheCleaner::Clean(const CleaningWish& wish, std::int64_t now_ns) {
  FLOWSTONE_LET(const bool exists, os::Exists(filesystem_, layout_.root()));
  if (!exists) {
    return Look(wish, now_ns);
  }
  FLOWSTONE_TRY(os::MakeDirectories(filesystem_, layout_.locks()));
  const auto on_wait = [this](const std::optional<os::LockHolder>& holder) {
    on_wait_("waiting for " + (holder ? holder->ToString() : std::string("another process")) +
             ", which cleans the same cache");
  };
  FLOWSTONE_LET(const os::FileLock alone,
                os::FileLock::Acquire(layout_.locks() + "/clean.lock", os::LockMode::kExclusive,
                                      os::LockWait::kWait, on_wait));
  CleaningReport report;
  FLOWSTONE_LET(report.inventory, TakeInventory(filesystem_, home_, now_ns));
  CleaningPlan plan = PlanCleaning(report.inventory, wish);
  report.kept = std::move(plan.kept);
  if (!plan.going.empty()) {
    FLOWSTONE_LET(Cleaning cleaning, Cleaning::Begin(filesystem_, layout_, report.inventory));
    FLOWSTONE_TRY(cleaning.Run(plan));
    report.removed = cleaning.removed();
    report.kept.insert(cleaning.kept().begin(), cleaning.kept().end());
  }
  return Summed(std::move(report));
}

}  // namespace flowstone::install
