#include "flowstone/install/cache_inventory.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/install/cache_obstacles.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// In the order of CacheKind.
constexpr std::array<std::string_view, kCacheKinds> kKindNames = {
    "packages", "bytecode",  "environments", "builds",  "index", "downloads",
    "damaged",  "temporary", "records",      "pythons", "other"};

// How deep below `v1/` the items of a directory lie: 2 for `env/<id>`.
struct Family {
  std::string_view directory;
  CacheKind kind;
  std::size_t depth;
};
constexpr std::array<Family, 21> kFamilies = {{
    {"arc", CacheKind::kPackages, 3},         {"pyc", CacheKind::kBytecode, 4},
    {"env", CacheKind::kEnvironments, 2},     {"build/wheel", CacheKind::kBuilds, 4},
    {"build/archive", CacheKind::kBuilds, 4}, {"build/metadata", CacheKind::kBuilds, 4},
    {"build/system", CacheKind::kBuilds, 4},  {"build", CacheKind::kBuilds, 3},
    {"index/tmp", CacheKind::kTemporary, 3},  {"index", CacheKind::kIndex, 2},
    {"part", CacheKind::kDownloads, 2},       {"bad", CacheKind::kDamaged, 2},
    {"tmp", CacheKind::kTemporary, 2},        {"claim", CacheKind::kTemporary, 2},
    {"compile", CacheKind::kTemporary, 2},    {"interp", CacheKind::kRecords, 2},
    {"known", CacheKind::kRecords, 2},        {"links", CacheKind::kRecords, 2},
    {"venv", CacheKind::kRecords, 2},         {"lock", CacheKind::kRecords, 2},
    {"python", CacheKind::kPythons, 2},
}};

// The family of a path below `v1/`, if it has one.
const Family* FamilyOf(std::string_view path) {
  const auto found = std::ranges::find_if(
      kFamilies, [&](const Family& family) { return os::IsWithin(family.directory, path); });
  return found == kFamilies.end() ? nullptr : &*found;
}

// Collects what a walk through the home finds.
class Collection {
 public:
  explicit Collection(std::string home) : home_(std::move(home)) {}

  void Visit(const os::WalkEntry& entry) {
    const std::string_view path = entry.path;
    if (!BelongsToItem(path)) {
      Enter(path, entry.info);
    }
    CacheItem* const item = item_ ? &inventory_.items[*item_] : nullptr;
    const CacheKind kind = item != nullptr ? item->kind : kind_;
    if (item != nullptr && kind == CacheKind::kIndex) {
      item->last_used_ns = std::max(item->last_used_ns, entry.info.modified_ns);
    }
    if (entry.info.type == os::FileType::kDirectory || entry.info.link_count < 2) {
      UsageOf(kind).bytes += entry.info.allocated;
      if (item != nullptr) {
        item->own_bytes += entry.info.allocated;
      }
      return;
    }
    const std::size_t file = Link(entry.info, kind);
    if (item != nullptr) {
      item->linked.push_back(file);
    }
  }

  // The home itself, which is not walked over.
  void AddRoot(const os::FileInfo& info) { UsageOf(CacheKind::kOther).bytes += info.allocated; }

  CacheInventory Finish() {
    for (const auto& [inode, place] : places_) {
      UsageOf(place.kind).bytes += inventory_.linked_files[place.index].bytes;
    }
    return std::move(inventory_);
  }

 private:
  struct LinkPlace {
    std::size_t index = 0;
    CacheKind kind = CacheKind::kOther;  // the first that has it
  };

  KindUsage& UsageOf(CacheKind kind) { return inventory_.kinds.at(static_cast<std::size_t>(kind)); }

  // A lock, or what was said about a download, lies beside what it is about.
  bool BelongsToItem(std::string_view path) const {
    if (!item_ || !path.starts_with(item_path_) || path.size() == item_path_.size()) {
      return false;
    }
    const CacheKind kind = inventory_.items[*item_].kind;
    const char next = path[item_path_.size()];
    return next == '/' ||
           (next == '.' && (kind == CacheKind::kDownloads || kind == CacheKind::kTemporary));
  }

  // Something that belongs to no item yet: one, or a directory around them.
  void Enter(std::string_view path, const os::FileInfo& info) {
    constexpr std::string_view version = "v1/";
    item_.reset();
    kind_ = CacheKind::kOther;
    const Family* const family =
        path.starts_with(version) ? FamilyOf(path.substr(version.size())) : nullptr;
    if (family == nullptr) {
      return;
    }
    kind_ = family->kind;
    const auto depth = static_cast<std::size_t>(std::ranges::count(path, '/'));
    if (depth != family->depth || IsGateLock(path)) {
      return;
    }
    item_ = inventory_.items.size();
    item_path_ = path;
    inventory_.items.push_back({.kind = kind_,
                                .path = os::JoinPath(home_, path),
                                .last_used_ns = info.modified_ns,
                                .own_bytes = 0,
                                .linked = {}});
    ++UsageOf(kind_).items;
  }

  std::size_t Link(const os::FileInfo& info, CacheKind kind) {
    const auto [known, is_new] =
        places_.try_emplace({info.device, info.inode},
                            LinkPlace{.index = inventory_.linked_files.size(), .kind = kind});
    if (is_new) {
      inventory_.linked_files.push_back({.bytes = info.allocated, .links = info.link_count});
    }
    known->second.kind = std::min(known->second.kind, kind);
    ++inventory_.linked_files[known->second.index].links_here;
    return known->second.index;
  }

  const std::string home_;
  CacheInventory inventory_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, LinkPlace> places_;  // by device and inode
  std::optional<std::size_t> item_;  // the one that the walk is in
  std::string item_path_;
  CacheKind kind_ = CacheKind::kOther;  // of the directory around items that the walk is in
};

}  // namespace

std::string_view CacheKindName(CacheKind kind) {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

Result<CacheKind> ParseCacheKind(std::string_view name) {
  const auto found = std::ranges::find(kKindNames, name);
  const auto kind = static_cast<CacheKind>(found - kKindNames.begin());
  if (found != kKindNames.end() && IsCleaned(kind)) {
    return kind;
  }
  std::vector<std::string> known;
  for (std::size_t i = 0; i < kCacheKinds; ++i) {
    if (IsCleaned(static_cast<CacheKind>(i))) {
      known.emplace_back(kKindNames.at(i));
    }
  }
  Error error{.code = ErrorCode::kInvalid,
              .message = "'" + std::string(name) + "' is nothing that can be cleaned",
              .hints = {"there are " + JoinText(known, ", ")}};
  return kind == CacheKind::kPythons
             ? std::move(error).WithHint("`flowstone python uninstall` removes Pythons")
             : error;
}

bool IsCleaned(CacheKind kind) {
  return kind != CacheKind::kPythons && kind != CacheKind::kOther;
}

bool IsArchive(CacheKind kind) {
  return kind == CacheKind::kPackages || kind == CacheKind::kBytecode;
}

std::uint64_t CacheInventory::total() const {
  std::uint64_t bytes = 0;
  for (const KindUsage& usage : kinds) {
    bytes += usage.bytes;
  }
  return bytes;
}

Result<CacheInventory> TakeInventory(os::FileSystem& filesystem, const std::string& home,
                                     std::int64_t now_ns) {
  const Result<os::FileInfo> root = filesystem.Stat(home);
  if (!root) {
    return root.error().code == ErrorCode::kNotFound ? Result<CacheInventory>(CacheInventory())
                                                     : root.error();
  }
  Collection collection(home);
  collection.AddRoot(*root);
  FLOWSTONE_TRY(
      os::WalkTree(filesystem, home, [&](const os::WalkEntry& entry) -> Result<os::WalkNext> {
        collection.Visit(entry);
        return os::WalkNext::kDescend;
      }));
  CacheInventory inventory = collection.Finish();
  FLOWSTONE_TRY(FindObstacles(filesystem, CacheLayout(home), now_ns, inventory.items));
  return inventory;
}

}  // namespace flowstone::install
