// The trees that are built: where they come from, what identifies them, and how they get into the
// directory where hooks may write to them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/build/git_repositories.h"
#include "flowstone/build/static_metadata.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/pypi/version.h"

namespace flowstone::build {

enum class SourceOrigin : std::uint8_t { kArchive, kDirectory, kRepository };

struct Source {
  SourceOrigin origin = SourceOrigin::kArchive;
  std::string path = {};           // of the archive, whose digest was verified, or of the directory
  std::string file_name = {};      // of the archive, as published
  DirectReference reference = {};  // kRepository
  std::string commit = {};         // kRepository
  std::string subdirectory = {};   // of the project inside
  // What the file name of an sdist states.
  std::optional<pypi::Version> published = {};
  // Of the content: the archive's sha256, the digest of the tree, a commit.
  std::string content = {};

  // Equal for equal trees of equal projects in them, wherever they came from.
  Digest Identity() const;
  SourceKind kind() const {
    return origin == SourceOrigin::kArchive ? SourceKind::kSdist : SourceKind::kTree;
  }
};

// The digest of what a build of the directory can see: paths, contents, executable bits, links.
// Caches and leftovers of builds and tests are left out; of .git the commits that names point to
// count, because versions are made from them.
Result<Digest> TreeDigest(os::FileSystem& filesystem, const std::string& directory);

// Writes a copy of the source into the empty `directory` and returns where the project is in it.
// kNotFound when there is no such subdirectory.
Result<std::string> PlaceSource(os::FileSystem& filesystem, GitRepositories& repositories,
                                const Source& source, const std::string& directory);

}  // namespace flowstone::build
