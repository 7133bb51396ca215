// TreeManifest: the canonical list of the files of a code tree (docs/formats/code-package.md).
// The sha256 of its text is the identity of the tree: same paths, contents and executable bits,
// same id, whatever the user, directory, umask, times, locale or order of the file system.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"

namespace flowstone::bundle {

// All of the permissions that enter an identity.
enum class FileMode : std::uint8_t { kRegular /* 0644 */, kExecutable /* 0755 */ };

struct TreeEntry {
  std::string path;  // relative, "/"-separated raw bytes, without "." and ".."
  FileMode mode = FileMode::kRegular;
  std::uint64_t size = 0;
  Digest sha256;
  friend auto operator<=>(const TreeEntry&, const TreeEntry&) = default;
};

class TreeManifest {
 public:
  // Sorts the entries. kInvalid for a path that is no clean relative one, for two entries of one
  // path, and for a file that would also be a directory.
  static Result<TreeManifest> Of(std::vector<TreeEntry> entries);
  // Accepts the canonical text only; kCorrupt otherwise.
  static Result<TreeManifest> Parse(std::string_view text);

  std::string ToString() const;
  Digest Id() const { return Digest::Of(ToString()); }

  const std::vector<TreeEntry>& entries() const { return entries_; }  // sorted by path bytes
  // Null when there is no such path.
  const TreeEntry* Find(std::string_view path) const;
  std::uint64_t TotalBytes() const;

  friend bool operator==(const TreeManifest&, const TreeManifest&) = default;

 private:
  std::vector<TreeEntry> entries_;
};

enum class ChangeKind : std::uint8_t { kAdded, kRemoved, kContent, kMode };

struct TreeChange {
  ChangeKind kind = ChangeKind::kAdded;
  std::string path;
  friend bool operator==(const TreeChange&, const TreeChange&) = default;
};

// What leads from one tree to the other, sorted by path.
std::vector<TreeChange> DiffTrees(const TreeManifest& from, const TreeManifest& to);

}  // namespace flowstone::bundle
