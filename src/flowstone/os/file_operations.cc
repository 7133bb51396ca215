#include "flowstone/os/file_operations.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "flowstone/os/path.h"
#include "flowstone/os/temp_dir.h"

namespace flowstone::os {
namespace {

constexpr std::size_t kCopyPiece = std::size_t{1} << 20U;
constexpr std::size_t kNameShown = 100;  // of a file's name within its temporary name

bool Failed(const Status& status, ErrorCode code) {
  return !status && status.error().code == code;
}

template <class T>
bool Vanished(const Result<T>& result) {
  return !result && result.error().code == ErrorCode::kNotFound;
}

Status MakeOneDirectory(FileSystem& fs, const std::string& path, std::uint32_t mode) {
  Status made = fs.MakeDirectory(path, mode);
  if (made || made.error().code != ErrorCode::kConflict) {
    return made;
  }
  const Result<FileInfo> info = fs.Stat(path);
  if (info && info->type == FileType::kDirectory) {
    return Ok();
  }
  return Error{.code = ErrorCode::kConflict,
               .message = "cannot make directory '" + path + "': something else is there"};
}

Status RemoveDirectoryTree(FileSystem& fs, const std::string& path);

Status RemoveEntry(FileSystem& fs, const std::string& path, FileType type) {
  Status removed =
      type == FileType::kDirectory ? RemoveDirectoryTree(fs, path) : fs.RemoveFile(path);
  return Vanished(removed) ? Ok() : removed;
}

Status RemoveChildren(FileSystem& fs, const std::string& path) {
  FLOWSTONE_LET(const std::vector<DirectoryEntry> entries, fs.ListDirectory(path));
  for (const DirectoryEntry& entry : entries) {
    FLOWSTONE_TRY(RemoveEntry(fs, JoinPath(path, entry.name), entry.type));
  }
  return Ok();
}

// A directory without write, search or read permission is given all three, once.
Status RemoveDirectoryTree(FileSystem& fs, const std::string& path) {
  Status emptied = RemoveChildren(fs, path);
  if (Failed(emptied, ErrorCode::kDenied)) {
    FLOWSTONE_TRY(fs.SetMode(path, 0700));
    emptied = RemoveChildren(fs, path);
  }
  FLOWSTONE_TRY(std::move(emptied));
  Status removed = fs.RemoveDirectory(path);
  if (Failed(removed, ErrorCode::kConflict)) {  // someone put something in meanwhile
    FLOWSTONE_TRY(RemoveChildren(fs, path));
    removed = fs.RemoveDirectory(path);
  }
  return removed;
}

// Writes `bytes` to the new file at `path`.
Status WriteNewFile(FileSystem& fs, const std::string& path, std::string_view bytes,
                    std::uint32_t mode, Durability durability) {
  FLOWSTONE_LET(const std::unique_ptr<OutputFile> file,
                fs.OpenOutput(path, Existing::kRefuse, mode));
  FLOWSTONE_TRY(file->Write(bytes));
  if (durability == Durability::kSynced) {
    FLOWSTONE_TRY(file->Sync());
  }
  return file->Close();
}

Status CopyBytes(InputFile& input, OutputFile& output) {
  std::uint64_t offset = 0;
  while (true) {
    FLOWSTONE_LET(const std::string piece, input.ReadAt(offset, kCopyPiece));
    if (piece.empty()) {
      return Ok();
    }
    FLOWSTONE_TRY(output.Write(piece));
    offset += piece.size();
  }
}

}  // namespace

Result<bool> Exists(FileSystem& fs, const std::string& path) {
  const Result<FileInfo> info = fs.Lstat(path);
  if (Vanished(info)) {
    return false;
  }
  if (!info) {
    return info.error();
  }
  return true;
}

Status MakeDirectories(FileSystem& fs, const std::string& path, std::uint32_t mode) {
  // From the deepest up until one can be made, then down again: usually a single call.
  std::vector<std::string> missing;
  std::string directory = path;
  while (true) {
    Status made = MakeOneDirectory(fs, directory, mode);
    if (made) {
      break;
    }
    std::string parent = DirName(directory);
    if (!Vanished(made) || parent == directory) {
      return made;
    }
    missing.push_back(std::exchange(directory, std::move(parent)));
  }
  for (auto next = missing.rbegin(); next != missing.rend(); ++next) {
    FLOWSTONE_TRY(MakeOneDirectory(fs, *next, mode));
  }
  return Ok();
}

Status RemoveTree(FileSystem& fs, const std::string& path) {
  const Result<FileInfo> info = fs.Lstat(path);
  if (Vanished(info)) {
    return Ok();
  }
  if (!info) {
    return info.error();
  }
  return RemoveEntry(fs, path, info->type);
}

Status ReplaceFile(FileSystem& fs, const std::string& path, std::string_view bytes,
                   std::uint32_t mode, Durability durability) {
  const std::string name = BaseName(path).substr(0, kNameShown);
  const std::string temporary = JoinPath(DirName(path), "." + name + "." + UniqueName() + ".tmp");
  Status done = WriteNewFile(fs, temporary, bytes, mode, durability);
  if (done) {
    done = fs.Rename(temporary, path);
  }
  if (!done) {
    // The first failure is the one to report; a remnant carries ".tmp" and hurts nobody.
    (void)fs.RemoveFile(temporary);
  }
  return done;
}

Status CopyFile(FileSystem& fs, const std::string& from, const std::string& to, Existing existing) {
  FLOWSTONE_LET(const FileInfo info, fs.Stat(from));
  if (info.type != FileType::kFile) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "cannot copy '" + from + "': it is not a regular file"};
  }
  FLOWSTONE_LET(const std::unique_ptr<InputFile> input, fs.OpenInput(from));
  FLOWSTONE_LET(const std::unique_ptr<OutputFile> output, fs.OpenOutput(to, existing, 0600));
  Status copied = CopyBytes(*input, *output);
  if (copied) {
    copied = output->Close();
  }
  if (copied) {
    copied = fs.SetMode(to, info.mode);
  }
  if (!copied) {
    (void)fs.RemoveFile(to);  // the first failure is the one to report
  }
  return copied;
}

Result<FileDigest> DigestOfFile(FileSystem& fs, const std::string& path) {
  FLOWSTONE_LET(const std::unique_ptr<InputFile> file, fs.OpenInput(path));
  Hasher hasher;
  std::uint64_t size = 0;
  while (true) {
    FLOWSTONE_LET(const std::string piece, file->ReadAt(size, kCopyPiece));
    if (piece.empty()) {
      return FileDigest{.digest = hasher.Finish(), .size = size};
    }
    hasher.Update(piece);
    size += piece.size();
  }
}

Status WalkTree(FileSystem& fs, const std::string& root, const WalkVisitor& visitor) {
  // Invariant: the paths to visit next, the very next at the back.
  std::vector<std::string> pending;
  const auto push_children = [&](const std::string& directory) -> Status {
    FLOWSTONE_LET(const std::vector<DirectoryEntry> entries,
                  fs.ListDirectory(JoinPath(root, directory)));
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      pending.push_back(JoinPath(directory, entry->name));
    }
    return Ok();
  };
  FLOWSTONE_TRY(push_children(""));
  while (!pending.empty()) {
    WalkEntry entry{.path = std::move(pending.back()), .info = {}};
    pending.pop_back();
    Result<FileInfo> info = fs.Lstat(JoinPath(root, entry.path));
    if (Vanished(info)) {
      continue;
    }
    FLOWSTONE_LET(entry.info, std::move(info));
    FLOWSTONE_LET(const WalkNext next, visitor(entry));
    if (entry.info.type == FileType::kDirectory && next == WalkNext::kDescend) {
      Status listed = push_children(entry.path);
      if (!listed && !Vanished(listed)) {
        return listed;
      }
    }
  }
  return Ok();
}

Result<std::uint64_t> TreeBytes(FileSystem& fs, const std::string& root) {
  std::uint64_t total = 0;
  std::set<std::pair<std::uint64_t, std::uint64_t>> counted;  // device and inode
  FLOWSTONE_TRY(WalkTree(fs, root, [&](const WalkEntry& entry) -> Result<WalkNext> {
    const FileInfo& info = entry.info;
    if (info.type == FileType::kFile &&
        (info.link_count == 1 || counted.emplace(info.device, info.inode).second)) {
      total += info.size;
    }
    return WalkNext::kDescend;
  }));
  return total;
}

}  // namespace flowstone::os
