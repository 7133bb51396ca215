#include "flowstone/install/cache_obstacles.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "flowstone/install/archive_claim.h"
#include "flowstone/install/environment_record.h"
#include "flowstone/install/venv_roots.h"
#include "flowstone/os/lease.h"
#include "flowstone/os/path.h"
#include "flowstone/os/running_programs.h"

namespace flowstone::install {
namespace {

constexpr std::array<std::string_view, 5> kGateLocks = {
    "v1/lock/bytecode.lock", "v1/lock/builds.lock", "v1/lock/claims.lock", "v1/lock/clean.lock",
    "v1/lock/staging.lock"};
constexpr std::int64_t kDayNs = std::int64_t{86'400} * 1'000'000'000;

// Why what is locked there may not go; empty when nobody holds it.
std::string HeldBy(const std::string& path) {
  const Result<os::Lease> lease = os::Lease::TakeOver(path);
  if (lease || lease.error().code == ErrorCode::kNotFound) {
    return "";
  }
  if (lease.error().code != ErrorCode::kConflict) {
    return lease.error().message;
  }
  const std::optional<os::LockHolder> holder = os::FindLockHolder(path);
  return "in use by " + (holder ? holder->Name() : std::string("another process"));
}

// One look at the items of a cache.
class Look {
 public:
  Look(os::FileSystem& filesystem, const CacheLayout& layout, std::int64_t now_ns,
       std::set<Digest> claimed, std::map<std::string, std::string> linked)
      : filesystem_(filesystem),
        layout_(layout),
        now_ns_(now_ns),
        claimed_(std::move(claimed)),
        linked_(std::move(linked)),
        of_builds_(HeldBy(layout.BuildsLock())),
        programs_(os::RunningPrograms::Look()) {}

  std::string ObstacleOf(const CacheItem& item) const {
    switch (item.kind) {
      case CacheKind::kPackages:
      case CacheKind::kBytecode:
        return OfArchive(item);
      case CacheKind::kBuilds:
        return of_builds_;
      case CacheKind::kEnvironments:
        return OfEnvironment(item);
      case CacheKind::kDownloads:
      case CacheKind::kTemporary:
        return IsInScratch(item) && item.last_used_ns > now_ns_ - kDayNs
                   ? "perhaps still in use: it is younger than a day"
                   : HeldBy(OwnersLock(layout_, item));
      case CacheKind::kRecords:
        return OfRecord(item);
      case CacheKind::kIndex:
      case CacheKind::kDamaged:
      case CacheKind::kPythons:
      case CacheKind::kOther:
        break;
    }
    return "";
  }

 private:
  // Who was told its directory by `sync` has no lease on it.
  std::string OfEnvironment(const CacheItem& item) const {
    std::string holder = HeldBy(item.path);
    if (!holder.empty()) {
      return holder;
    }
    const std::optional<os::LockHolder> program = programs_.FindIn(item.path);
    return program ? "in use by " + program->Name() : "";
  }

  std::string OfArchive(const CacheItem& item) const {
    if (const auto venv = linked_.find(item.path); venv != linked_.end()) {
      return "linked by the virtual environment " + venv->second;
    }
    const Result<Digest> wheel = Digest::Parse(os::BaseName(item.path));
    return wheel && claimed_.contains(*wheel) ? "it is being compiled, or made into an environment"
                                              : "";
  }

  std::string OfRecord(const CacheItem& item) const {
    const std::string directory = os::DirName(item.path);
    if (directory == layout_.locks()) {
      return HeldBy(item.path);
    }
    if (directory == layout_.linked_venvs()) {
      const std::string venv = LinkedVenvAt(filesystem_, item.path);
      return venv.empty() ? "" : "the virtual environment " + venv + " is there";
    }
    return "";
  }

  // Downloads of the index have no lock.
  bool IsInScratch(const CacheItem& item) const { return os::IsWithin(layout_.index(), item.path); }

  os::FileSystem& filesystem_;
  const CacheLayout& layout_;
  const std::int64_t now_ns_;
  const std::set<Digest> claimed_;
  const std::map<std::string, std::string> linked_;  // archive → a virtual environment
  const std::string of_builds_;
  const os::RunningPrograms programs_;
};

}  // namespace

Status FindObstacles(os::FileSystem& filesystem, const CacheLayout& layout, std::int64_t now_ns,
                     std::span<CacheItem> items) {
  FLOWSTONE_LET(std::set<Digest> claimed, ClaimedWheels(filesystem, layout, DeadClaims::kKept));
  FLOWSTONE_LET(auto linked, ArchivesOfLinkedVenvs(filesystem, layout));
  const Look look(filesystem, layout, now_ns, std::move(claimed), std::move(linked));
  for (CacheItem& item : items) {
    if (item.kind == CacheKind::kEnvironments) {
      item.needs = ArchivesOfEnvironment(filesystem, layout, item.path);
    }
    item.obstacle = look.ObstacleOf(item);
  }
  return Ok();
}

std::vector<std::string> ArchivesOfEnvironment(os::FileSystem& filesystem,
                                               const CacheLayout& layout,
                                               const std::string& directory) {
  std::vector<std::string> archives;
  const Result<std::string> text =
      filesystem.ReadFile(os::JoinPath(directory, kEnvironmentRecordName));
  const Result<EnvironmentRecord> record =
      text ? EnvironmentRecord::Parse(*text) : Result<EnvironmentRecord>(text.error());
  if (record) {
    archives.reserve(record->packages.size());
    for (const RecordedPackage& package : record->packages) {
      archives.push_back(layout.ArchiveDirectory(package.wheel, package.bytecode));
    }
  }
  return archives;
}

std::string OwnersLock(const CacheLayout& layout, const CacheItem& item) {
  constexpr std::string_view suffix = ".lock";
  const std::string name = os::BaseName(item.path);
  if (item.kind == CacheKind::kDownloads) {
    const Result<Digest> file = Digest::Parse(name.substr(0, name.find('.')));
    return file ? layout.WheelLock(*file) : item.path;
  }
  const bool is_staged = os::DirName(item.path) == layout.temporary();
  return is_staged && !name.ends_with(suffix) ? item.path + std::string(suffix) : item.path;
}

bool IsGateLock(std::string_view path) {
  return std::ranges::find(kGateLocks, path) != kGateLocks.end();
}

}  // namespace flowstone::install
