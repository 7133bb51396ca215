#include "flowstone/build/source_tree.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "flowstone/build/source_unpack.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::build {
namespace {

// Made by tools, from the sources or without them.
constexpr std::array<std::string_view, 13> kLeftovers = {
    "__pycache__", ".venv",      ".tox",  ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    ".hypothesis", ".flowstone", ".eggs", ".hg",  ".idea",       ".metaflow"};

bool IsLeftover(std::string_view path) {
  const std::string name = os::BaseName(path);
  return std::ranges::find(kLeftovers, name) != kLeftovers.end() || name.ends_with(".egg-info");
}

// Of a repository's own files: what says which commit has which name.
bool IsIgnoredByDigest(std::string_view path) {
  if (!path.starts_with(".git/")) {
    return false;
  }
  const std::string_view inner = path.substr(5);
  return inner != "HEAD" && inner != "packed-refs" && inner != "refs" &&
         !inner.starts_with("refs/heads") && !inner.starts_with("refs/tags");
}

Status CopyEntry(os::FileSystem& filesystem, const os::WalkEntry& entry, const std::string& from,
                 const std::string& to) {
  switch (entry.info.type) {
    case os::FileType::kDirectory:
      return filesystem.MakeDirectory(to, 0755);
    case os::FileType::kFile:
      return os::CopyFile(filesystem, from, to);
    case os::FileType::kSymlink: {
      FLOWSTONE_LET(const std::string target, filesystem.ReadSymlink(from));
      return filesystem.MakeSymlink(target, to);
    }
    case os::FileType::kOther:
      break;  // sockets and pipes are no sources
  }
  return Ok();
}

Status CopyTree(os::FileSystem& filesystem, const std::string& from, const std::string& to) {
  return os::WalkTree(filesystem, from, [&](const os::WalkEntry& entry) -> Result<os::WalkNext> {
    if (IsLeftover(entry.path)) {
      return os::WalkNext::kSkipChildren;
    }
    FLOWSTONE_TRY(
        CopyEntry(filesystem, entry, os::JoinPath(from, entry.path), os::JoinPath(to, entry.path)));
    return os::WalkNext::kDescend;
  });
}

}  // namespace

Digest Source::Identity() const {
  constexpr std::array<std::string_view, 3> names = {"archive", "directory", "git"};
  return Digest::Of("flowstone-source 1\n" + std::string(names[static_cast<std::size_t>(origin)]) +
                    " " + content + "\n" + subdirectory + "\n");
}

Result<Digest> TreeDigest(os::FileSystem& filesystem, const std::string& directory) {
  Hasher hasher;
  hasher.Update("flowstone-tree 1\n");
  FLOWSTONE_TRY(
      os::WalkTree(filesystem, directory, [&](const os::WalkEntry& entry) -> Result<os::WalkNext> {
        if (IsLeftover(entry.path)) {
          return os::WalkNext::kSkipChildren;
        }
        if (IsIgnoredByDigest(entry.path)) {
          return entry.path == ".git/objects" ? os::WalkNext::kSkipChildren
                                              : os::WalkNext::kDescend;
        }
        const std::string path = os::JoinPath(directory, entry.path);
        if (entry.info.type == os::FileType::kFile) {
          FLOWSTONE_LET(const auto file, os::DigestOfFile(filesystem, path));
          const bool is_executable = (entry.info.mode & 0111U) != 0;
          hasher.Update((is_executable ? "x " : "f ") + file.digest.ToString() + " " + entry.path);
        } else if (entry.info.type == os::FileType::kSymlink) {
          FLOWSTONE_LET(const std::string target, filesystem.ReadSymlink(path));
          hasher.Update("l " + Digest::Of(target).ToString() + " " + entry.path);
        } else {
          return os::WalkNext::kDescend;
        }
        hasher.Update(std::string_view("\0", 1));
        return os::WalkNext::kDescend;
      }));
  return hasher.Finish();
}

Result<std::string> PlaceSource(os::FileSystem& filesystem, GitRepositories& repositories,
                                const Source& source, const std::string& directory) {
  std::string root = directory;
  if (source.origin == SourceOrigin::kArchive) {
    FLOWSTONE_LET(root, UnpackSource(filesystem, source.path, source.file_name, directory));
  } else if (source.origin == SourceOrigin::kDirectory) {
    FLOWSTONE_TRY(CopyTree(filesystem, source.path, directory));
  } else {
    FLOWSTONE_TRY(repositories.Checkout(source.reference, source.commit, directory));
  }
  const std::string project = os::JoinPath(root, source.subdirectory);
  const Result<os::FileInfo> info = filesystem.Stat(project);
  if (!info || info->type != os::FileType::kDirectory) {
    return Error{ErrorCode::kNotFound, "the source has no directory '" + source.subdirectory + "'"};
  }
  // A link in the source must not lead the build somewhere else.
  FLOWSTONE_LET(const std::string real, filesystem.RealPath(project));
  FLOWSTONE_LET(const std::string real_directory, filesystem.RealPath(directory));
  if (!os::IsWithin(real_directory, real)) {
    return Error{ErrorCode::kInvalid,
                 "the directory '" + source.subdirectory + "' leads out of the source"};
  }
  return real;
}

}  // namespace flowstone::build
