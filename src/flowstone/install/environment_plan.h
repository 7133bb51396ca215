// EnvironmentPlan: the operations that make an environment out of unpacked wheels. Pure: it reads
// plans and gives a list, which says every collision before a byte is written;
// environment_builder.h and venv_sync.h execute it.
//
// Two packages may have files at one path. When the bytes are the same, nobody is concerned. When
// they differ, the package whose name sorts last has the path, and a warning names both: pip and uv
// go on as well, but whoever they install last has it. A file where another needs a directory is an
// error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/install/archive_plan.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/environment_scheme.h"

namespace flowstone::install {

enum class Wish : std::uint8_t {
  kDependency,  // something else needs it
  kRequested,   // the user named it: it gets a REQUESTED file
};

struct PlannedPackage {
  ArchivePlan archive;
  Wish wish = Wish::kDependency;
  std::optional<std::string> direct_url;  // content of direct_url.json, for URL requirements only
};

// Whether directories that one package has alone may stand as one symbolic link each.
enum class Folding : std::uint8_t { kNone, kWhereSafe };
// What the file system of the environment takes for the same name.
enum class NameCase : std::uint8_t { kSensitive, kInsensitive };

struct PlanOptions {
  Folding folding = Folding::kNone;
  NameCase name_case = NameCase::kSensitive;
};

struct LinkOperation {
  std::size_t package = 0;  // index of the package whose archive has the file
  std::string source;       // below the archive's directory
  std::string destination;  // below the environment's directory
  std::uint32_t mode = 0;
  std::uint64_t size = 0;
};

// A directory of an archive that stands in the environment as a whole.
struct FoldOperation {
  std::size_t package = 0;
  std::string source;
  std::string destination;
};

struct WriteOperation {
  std::size_t package = 0;
  std::string destination;
  std::string content;
  std::uint32_t mode = 0644;
};

// A directory comes after those above it; otherwise everything is in the order of the tree.
struct EnvironmentPlan {
  std::vector<std::string> directories;
  std::vector<FoldOperation> folds;  // none without folding
  std::vector<LinkOperation> links;
  std::vector<WriteOperation> writes;
  std::uint64_t linked_bytes = 0;  // that links do not need and copies do
  std::vector<std::string> warnings;
};

// The directory of each package's archive in the cache, with a "/" behind it: what the sources of
// the operations follow.
std::vector<std::string> ArchivePrefixes(const CacheLayout& layout,
                                         std::span<const PlannedPackage> packages);

// `packages` sorted by name. kConflict: one has a file where another has a directory. Pointers into
// `packages` are not kept.
Result<EnvironmentPlan> PlanEnvironment(std::span<const PlannedPackage> packages,
                                        const EnvironmentScheme& scheme,
                                        const PlanOptions& options = {});

}  // namespace flowstone::install
