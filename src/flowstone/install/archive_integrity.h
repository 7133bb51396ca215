// Whether an unpacked archive is still what was unpacked, at three depths:
//
//   SampleArchive   a few files and directories, at each use: some stat(2) and one small digest
//   CheckArchive    every file, without reading those that nothing was written to since
//   VerifyArchive   every byte
//
// Nothing is written into an archive after its plan, so what is younger than the plan is suspicious
// and is read; copies of a cache that lost their times are slower to check, not damaged. A file
// that may be written to is damage: environments share its bytes. All return kCorrupt, naming the
// first path that is not as it was, and change nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/install/archive_plan.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// `seed` chooses the sample: another one looks elsewhere. An archive of few files is looked at
// whole, but for where many archives are used `together`: then less of each is, and as much of all.
Status SampleArchive(os::FileSystem& filesystem, const ArchivePlan& plan,
                     const std::string& directory, std::uint64_t seed, std::size_t together = 1);
Status CheckArchive(os::FileSystem& filesystem, const ArchivePlan& plan,
                    const std::string& directory);
Status VerifyArchive(os::FileSystem& filesystem, const ArchivePlan& plan,
                     const std::string& directory);

}  // namespace flowstone::install
