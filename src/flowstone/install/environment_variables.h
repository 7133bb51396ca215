// The variables of a process that runs inside an environment. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace flowstone::install {

// What to set and, without a value, what to take away: what the launching shell says about its own
// Python is neither for the Python of `directory` nor for what that one starts. `path` is the PATH
// of the launching process. What concerns the machine and not Python, such as LD_LIBRARY_PATH and
// LD_PRELOAD, stays.
std::map<std::string, std::optional<std::string>> VariablesInside(
    const std::string& directory, const std::optional<std::string>& path);

}  // namespace flowstone::install
