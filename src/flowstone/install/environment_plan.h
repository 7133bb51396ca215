// EnvironmentPlan: the operations that make an environment out of unpacked wheels. Pure: it reads
// plans and gives a list; environment_builder executes it by hard links, and other ways to compose
// an environment can execute the same list.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/install/archive_plan.h"

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

// Where the schemes of a wheel lie below the environment's directory.
struct EnvironmentScheme {
  std::string site_packages;  // "lib/python3.11/site-packages"
  std::string include;        // "include/site/python3.11"
  // Scripts are in "bin", data directly in the environment.
};

struct LinkOperation {
  std::size_t package = 0;  // index of the package whose archive has the file
  std::string source;       // below the archive's directory
  std::string destination;  // below the environment's directory
  std::uint32_t mode = 0;
  std::uint64_t size = 0;
};

struct WriteOperation {
  std::string destination;
  std::string content;
  std::uint32_t mode = 0644;
};

struct EnvironmentPlan {
  std::vector<std::string> directories;  // parents before children
  std::vector<LinkOperation> links;      // sorted by destination
  std::vector<WriteOperation> writes;    // sorted by destination
  std::uint64_t linked_bytes = 0;        // that hard links do not need and copies do
};

// kConflict: two packages have different files at one path (identical ones are fine), or a file
// where the other needs a directory. Pointers into `packages` are not kept.
Result<EnvironmentPlan> PlanEnvironment(std::span<const PlannedPackage> packages,
                                        const EnvironmentScheme& scheme);

}  // namespace flowstone::install
