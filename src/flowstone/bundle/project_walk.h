// The walk over a project's own tree: which files belong to the flow, which do not, and why.
// ScanCode (code_scan.h) adds the SDK and what the flow asks for by itself.
#pragma once

#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/bundle/code_scan.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::bundle {

struct ProjectFiles {
  std::vector<ScannedFile> files;
  std::vector<Decision> decisions;  // sorted by path
  std::vector<std::string> warnings;
};

// The file `script` in `root` is always in. Links are followed, also out of the tree (with a
// warning), except to a directory that the walk is inside of. kInvalid when there are more than a
// million names.
Result<ProjectFiles> WalkProject(os::FileSystem& files, const std::string& root,
                                 const std::string& script,
                                 const std::vector<std::string>& suffixes);

}  // namespace flowstone::bundle
