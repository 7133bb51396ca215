// From the archive of a standalone Python to a directory that can be moved into its place.
#pragma once

#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// Unpacks what is to be installed into `directory`, which exists and is empty: all of an archive
// of the kind "install_only", python/install/ of a full one. `name` is that of the archive and
// tells its kind. Members are guarded as archive/tar_reader.h says.
Status UnpackPythonArchive(os::FileSystem& filesystem, const std::string& archive,
                           const std::string& name, const std::string& directory);

// Standalone builds say that they lie in /install and were compiled with the tools of their
// publisher. Rewrites what sysconfig and pkg-config say of that for the directory `place`, where
// the installation in `directory` is going to be, and for the compilers cc and c++; and marks it
// as externally managed, because environments share it.
Status AdaptPython(os::FileSystem& filesystem, const std::string& directory,
                   const std::string& place);

// `text` as a _sysconfigdata module or a .pc file says it, for an installation at `place`.
std::string AdaptedBuildFacts(const std::string& text, const std::string& place);

}  // namespace flowstone::install
