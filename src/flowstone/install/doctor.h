// Doctor: checks of this module's parts of the machine, each with what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flowstone/install/archive_cache.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

enum class Health : std::uint8_t { kGood, kWarning, kBad };

struct Diagnosis {
  std::string subject;  // "cache directory", "hard links", "archive numpy 2.1.0"
  Health health = Health::kGood;
  std::string finding;  // one sentence
  std::string fix;      // what to do; empty when there is nothing to do
};

enum class Depth : std::uint8_t {
  kQuick,     // that things exist and work
  kThorough,  // every byte of every archive
};

// Writes only probe files in the temporary directory of the cache, and removes them.
std::vector<Diagnosis> Diagnose(os::FileSystem& filesystem, const CacheLayout& layout, Depth depth);

}  // namespace flowstone::install
