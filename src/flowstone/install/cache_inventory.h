// CacheInventory: everything that lies in Flowstone's home, and what it takes on the disk.
//
// Every byte is accounted for: the sum of the kinds is what `du` says of the home. A file with
// several names counts once, for the first kind that has it; which names it has is kept, so that a
// cleaning can tell what it really frees.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// In the order in which files with several names are counted.
enum class CacheKind : std::uint8_t {
  kPackages,      // unpacked wheels
  kBytecode,      // the same with bytecode
  kEnvironments,  //
  kBuilds,        // what was built from sources, and the sources
  kIndex,         // what package indexes said
  kDownloads,     // beginnings of files
  kDamaged,       // unpacked wheels that were set aside
  kTemporary,     // of work in progress, or left by killed processes
  kRecords,       // answers of interpreters, locks
  kPythons,       // installed interpreters
  kOther,         // nothing of ours
};
inline constexpr std::size_t kCacheKinds = 11;

// "packages", "environments".
std::string_view CacheKindName(CacheKind kind);
// kInvalid names those that there are.
Result<CacheKind> ParseCacheKind(std::string_view name);
// Whether cleaning is about it: not Pythons, which environments elsewhere stand on, and not what
// is not ours.
bool IsCleaned(CacheKind kind);
// Whether it is an unpacked wheel, which environments are made of.
bool IsArchive(CacheKind kind);

// What is cleaned away as a whole or stays as a whole.
struct CacheItem {
  CacheKind kind = CacheKind::kOther;
  std::string path;                 // absolute
  std::int64_t last_used_ns = 0;    // to the day, of what is used without being written
  std::uint64_t own_bytes = 0;      // of directories, and files with one name
  std::vector<std::size_t> linked;  // of files with several names: each an index of linked_files
  std::string obstacle = {};        // why it must stay: "in use by process 42 (python)"
  std::vector<std::string> needs = {};  // of environments: paths of archives, which must stay, too
};

// A file with several names, some of them perhaps outside the home.
struct LinkedFile {
  std::uint64_t bytes = 0;
  std::uint64_t links = 0;
  std::uint64_t links_here = 0;
};

struct KindUsage {
  std::size_t items = 0;
  std::uint64_t bytes = 0;
};

struct CacheInventory {
  std::vector<CacheItem> items;
  std::vector<LinkedFile> linked_files;
  std::array<KindUsage, kCacheKinds> kinds = {};  // by CacheKind; with the directories around items

  const KindUsage& Of(CacheKind kind) const { return kinds.at(static_cast<std::size_t>(kind)); }
  std::uint64_t total() const;
};

// `home` need not exist. Changes nothing. What comes and goes meanwhile is counted or not.
Result<CacheInventory> TakeInventory(os::FileSystem& filesystem, const std::string& home,
                                     std::int64_t now_ns);

}  // namespace flowstone::install
