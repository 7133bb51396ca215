// The RECORD of an installed package: what of an archive is where, relative to site-packages. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flowstone/install/archive_plan.h"
#include "flowstone/install/environment_scheme.h"

namespace flowstone::install {

// A file that the installer adds to the dist-info directory: REQUESTED, direct_url.json.
struct AddedFile {
  std::string name;
  std::string content;
};

// Whether the RECORD is the same in every environment, so that the archive can have it: headers
// lie in a directory that is named after the version of Python.
bool HasCommonRecord(const ArchivePlan& archive);

// Every file of the archive that is not RECORD itself, those that were added, and RECORD; sorted.
std::string InstalledRecord(const ArchivePlan& archive, const EnvironmentScheme& scheme,
                            const std::vector<AddedFile>& added);

}  // namespace flowstone::install
