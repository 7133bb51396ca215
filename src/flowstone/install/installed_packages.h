// InstalledPackage: what a dist-info directory of a virtual environment says about a package that
// somebody installed there: we, pip, uv.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/pypi/record.h"

namespace flowstone::install {

// What INSTALLER says when it was us.
inline constexpr const char* kInstallerName = "flowstone";

struct InstalledPackage {
  std::string name;  // normalised
  std::string version;
  std::string dist_info;  // name of its directory, or of its .egg-info
  std::string installer;  // empty when nobody says
  // Its files; nothing when there is no RECORD that can be read.
  std::optional<std::vector<pypi::RecordRow>> record;
  bool is_requested = false;
  std::optional<std::string> direct_url;

  bool is_ours() const { return installer == kInstallerName; }
};

// Sorted by name. None when `site_packages` is not there.
Result<std::vector<InstalledPackage>> ReadInstalledPackages(os::FileSystem& filesystem,
                                                            const std::string& site_packages);

// One dist-info directory, wherever it lies.
Result<InstalledPackage> ReadInstalledPackage(os::FileSystem& filesystem,
                                              const std::string& dist_info);

}  // namespace flowstone::install
