// Lexical operations on "/"-separated paths. None touches the disk, so none knows symbolic links:
// "a/link/.." becomes "a" here, whatever the kernel would say.
#pragma once

#include <string>
#include <string_view>

namespace flowstone::os {

// `directory` and `name` with one "/" between; `name` alone when it is absolute or `directory` is
// empty; `directory` alone when `name` is empty.
std::string JoinPath(std::string_view directory, std::string_view name);

// Everything before the last component as dirname(3) has it: "a/b/" gives "a", "a" gives ".", "/a"
// and "/" give "/".
std::string DirName(std::string_view path);
// The last component, without trailing slashes: "a/b/" gives "b", "/" gives "/".
std::string BaseName(std::string_view path);

bool IsAbsolutePath(std::string_view path);

// Without ".", without empty components, and with ".." cancelled against the name before it. What
// stays of ".." leads a relative path and vanishes at the root. Never ends in "/" except for "/";
// an empty path gives ".".
std::string NormalizePath(std::string_view path);

// The normalised relative path that leads from the directory `from` to `to`. Both are absolute or
// both relative to the same place.
std::string RelativePath(std::string_view from, std::string_view to);

// `path` normalised, and resolved against the absolute directory `cwd` when it is relative.
std::string AbsolutePath(std::string_view cwd, std::string_view path);

// Whether the normalised `path` is `directory` or below it.
bool IsWithin(std::string_view directory, std::string_view path);

}  // namespace flowstone::os
