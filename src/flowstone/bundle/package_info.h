// PackageInfo: `.fs_meta/info.json` of a code package, what a reader without the datastore should
// know. It holds only what the content of the package determines: no user, host, time or directory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::bundle {

inline constexpr std::string_view kPackageInfoPath = ".fs_meta/info.json";
// Folder of a package that holds the Python packages `flowstone` and `metaflow`.
inline constexpr std::string_view kPackageSdkPath = ".fs_code";

struct PackageInfo {
  std::string flow = {};
  std::string script = {};                 // the flow file, relative to the root of the package
  std::vector<std::string> suffixes = {};  // sorted
  std::string flowstone = {};              // version
  friend bool operator==(const PackageInfo&, const PackageInfo&) = default;

  // One line of JSON with sorted keys.
  std::string ToJson() const;
  static Result<PackageInfo> Parse(std::string_view json);
};

}  // namespace flowstone::bundle
