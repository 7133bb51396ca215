// Where a shared library looks for the libraries it needs: DT_RPATH and DT_RUNPATH of ELF files.
//
// The loader takes $ORIGIN from the path a library was opened by and lets the kernel walk the `..`
// behind it, out of whatever directory a symbolic link led to. So a library that climbs to what its
// own archive does not have must lie in directories that are really there. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace flowstone::install {

// The entries of both, in order, each once per mention; none for what is no ELF file, has none, or
// is damaged.
std::vector<std::string> LibrarySearchPath(std::string_view file);

// Whether one of those entries leads from `directory` ("site/torch/lib") upwards to a directory of
// which `is_own_directory` does not know.
bool ClimbsOut(const std::vector<std::string>& search_path, std::string_view directory,
               const std::function<bool(const std::string&)>& is_own_directory);

}  // namespace flowstone::install
