// What an installer adds to the dist-info directory of an unpacked archive, made once for all
// environments.
#pragma once

#include <string>

#include "flowstone/base/result.h"
#include "flowstone/install/archive_plan.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// Writes the RECORD of the archive in `directory`, and below requested/ its dist-info directory as
// it is where somebody asked for the package, with hard links to what both have; and enters all
// into `plan`. Does nothing where each version of Python has a RECORD of its own.
// REQUIRES: the plan has the dist-info directory, and nothing yet of what this makes.
Status WriteInstalledInfo(os::FileSystem& filesystem, const std::string& directory,
                          ArchivePlan& plan);

// Takes out of a plan what WriteInstalledInfo entered, because it is made anew.
void DropInstalledInfo(ArchivePlan& plan);

}  // namespace flowstone::install
