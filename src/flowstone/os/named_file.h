// Files that the user named, as against those that Flowstone keeps for itself: a symbolic link is
// written through and stays one, a device or a pipe takes the bytes, and a file keeps its mode.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::os {

// What was written there before. Nothing when nothing is there, or when it is no file but
// something that takes bytes, such as /dev/stdout. kInvalid for a directory.
Result<std::optional<std::string>> ReadNamedFile(FileSystem& fs, const std::string& path);

// A file is replaced by one rename: a reader sees the old bytes or the new ones. kNotFound when
// the directory is missing, kInvalid when `path` is one.
Status WriteNamedFile(FileSystem& fs, const std::string& path, std::string_view bytes);

}  // namespace flowstone::os
