// What is made of several FileSystem verbs. These functions are not atomic unless they say so.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "flowstone/base/digest.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::os {

// Whether anything is at `path`, a dangling symbolic link included.
Result<bool> Exists(FileSystem& fs, const std::string& path);

// Makes `path` and the missing directories above it. Ok when it is there already, also when
// another process makes it at the same time; kConflict when something else is in the way.
Status MakeDirectories(FileSystem& fs, const std::string& path, std::uint32_t mode = 0777);

// Removes whatever is at `path`, and everything below it. Never follows a symbolic link, makes
// read-only directories writable first, and is content when others remove at the same time. Ok
// when nothing is there.
Status RemoveTree(FileSystem& fs, const std::string& path);

enum class Durability : std::uint8_t {
  kCached,  // survives the process, not a power cut
  kSynced,  // the bytes are on the disk before the name changes
};

// Writes a file under a temporary name beside `path`, then renames it: a reader sees the old bytes
// or the new ones, and a failure leaves the old file and no other.
Status ReplaceFile(FileSystem& fs, const std::string& path, std::string_view bytes,
                   std::uint32_t mode = 0644, Durability durability = Durability::kCached);

// Copies bytes and mode of a regular file. On failure nothing of it is left at `to`.
Status CopyFile(FileSystem& fs, const std::string& from, const std::string& to,
                Existing existing = Existing::kRefuse);

struct FileDigest {
  Digest digest;
  std::uint64_t size = 0;
};
// The sha256 and the size of a file, read in pieces.
Result<FileDigest> DigestOfFile(FileSystem& fs, const std::string& path);

struct WalkEntry {
  std::string path;  // relative to the root of the walk
  FileInfo info;     // of the entry itself, links not followed
};
enum class WalkNext : std::uint8_t { kDescend, kSkipChildren };
using WalkVisitor = std::function<Result<WalkNext>(const WalkEntry&)>;

// Visits everything below `root`, which itself is not visited: a directory before its children,
// siblings by name. Stops at the first error. Symbolic links are visited, not followed; what
// vanishes during the walk is left out.
Status WalkTree(FileSystem& fs, const std::string& root, const WalkVisitor& visitor);

// The sizes of all files below `root` summed; each hard-linked file counts once.
Result<std::uint64_t> TreeBytes(FileSystem& fs, const std::string& root);

}  // namespace flowstone::os
