// Virtual environments outside the cache whose files are symbolic links to its archives
// (`sync --into DIR --link-mode symlink`). Each leaves a note in the cache, so that its archives
// stay for as long as it is there (docs/formats/cache.md).
#pragma once

#include <map>
#include <span>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/install/archive_plan.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/environment_plan.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// Whether files of a virtual environment are links to archives from now on. Where they are not, a
// note that is there is still kept up: earlier packages may be.
enum class VenvLinks : std::uint8_t { kNone, kSymbolic };

// Notes that the environment in `directory` (absolute) has these packages.
Status NoteLinkedVenv(os::FileSystem& filesystem, const CacheLayout& layout,
                      const std::string& directory, std::span<const PlannedPackage> packages,
                      VenvLinks links);

// The archives that environments which are still there are made of, each with one of these.
Result<std::map<std::string, std::string>> ArchivesOfLinkedVenvs(os::FileSystem& filesystem,
                                                                 const CacheLayout& layout);

// The environment that the note at `path` is about; empty when it is gone.
std::string LinkedVenvAt(os::FileSystem& filesystem, const std::string& path);

}  // namespace flowstone::install
