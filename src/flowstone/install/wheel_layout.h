// WheelLayout: where the members of a wheel go, decided from their names alone.
//
// Destinations are those of archive_plan.h: `site/`, `bin/`, `include/`, `data/`. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "flowstone/archive/zip_reader.h"
#include "flowstone/base/result.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::install {

struct Placement {
  std::size_t member = 0;  // index into the members
  std::string destination;
};

struct WheelLayout {
  std::string dist_info;              // "demo-1.0.dist-info"
  std::vector<Placement> placements;  // files only, in the order of the members
  std::vector<std::string> warnings;
};

// The members that an installer writes itself (RECORD, INSTALLER, REQUESTED, direct_url.json) have
// no placement. kInvalid: not exactly one dist-info directory, one of another project or version, a
// scheme that does not exist, a file that would stand in for a part of the environment, two members
// with one destination.
Result<WheelLayout> LayOutWheel(std::span<const archive::ZipMember> members,
                                const pypi::WheelName& wheel);

}  // namespace flowstone::install
