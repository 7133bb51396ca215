// The RECORD of an installed package: what of an archive is where, relative to site-packages; and
// the two forms in which archives have it. Pure.
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

// Below it an archive has its dist-info directory once more, with the REQUESTED of a package that
// somebody asked for and the RECORD that lists it, so that environments need not write them.
inline constexpr std::string_view kRequestedTree = "requested";
bool IsInRequestedTree(std::string_view directory);

// Whether the RECORD is the same in every environment, so that the archive can have it: headers
// lie in a directory that is named after the version of Python.
bool HasCommonRecord(const ArchivePlan& archive);

// Every file of the archive that is not RECORD itself, those that were added, and RECORD; sorted.
std::string InstalledRecord(const ArchivePlan& archive, const EnvironmentScheme& scheme,
                            const std::vector<AddedFile>& added);

}  // namespace flowstone::install
