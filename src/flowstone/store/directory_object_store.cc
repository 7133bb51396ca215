#include "flowstone/store/directory_object_store.h"

#include <algorithm>
#include <utility>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/store/object_key.h"

namespace flowstone::store {
namespace {

constexpr std::string_view kTemporaryFolder = "~tmp";
// Objects are read-only, so that an editor or a task does not change one by accident.
constexpr std::uint32_t kObjectMode = 0444;
// How often a folder that another process removes is made again before giving up.
constexpr int kAttempts = 5;

Error NoSuchObject(const std::string& key) {
  return Error{.code = ErrorCode::kNotFound, .message = "there is no object '" + key + "'"};
}

// A key may name a folder of longer keys: then there is no such object.
bool MeansAbsent(ErrorCode code) {
  return code == ErrorCode::kNotFound || code == ErrorCode::kInvalid;
}

Status WritePieces(os::OutputFile& file, std::span<const std::string_view> pieces) {
  for (const std::string_view piece : pieces) {
    FLOWSTONE_TRY(file.Write(piece));
  }
  return file.Close();
}

}  // namespace

DirectoryObjectStore::DirectoryObjectStore(os::FileSystem& files, std::string directory)
    : files_(files), directory_(std::move(directory)) {}

std::string DirectoryObjectStore::PathOf(const std::string& key) const {
  return os::JoinPath(directory_, key);
}

Result<std::string> DirectoryObjectStore::Get(const std::string& key) {
  FLOWSTONE_TRY(ValidateKey(key));
  Result<std::string> bytes = files_.ReadFile(PathOf(key));
  if (!bytes && MeansAbsent(bytes.error().code)) {
    return NoSuchObject(key);
  }
  return bytes;
}

Result<std::string> DirectoryObjectStore::GetRange(const std::string& key, std::uint64_t offset,
                                                   std::uint64_t length) {
  FLOWSTONE_TRY(ValidateKey(key));
  Result<std::unique_ptr<os::InputFile>> file = files_.OpenInput(PathOf(key));
  if (!file) {
    return MeansAbsent(file.error().code) ? NoSuchObject(key) : std::move(file.error());
  }
  FLOWSTONE_LET(const std::uint64_t size, (*file)->Size());
  if (offset > size || length > size - offset) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "object '" + key + "' ends before the range that was asked for"};
  }
  FLOWSTONE_LET(std::string bytes, (*file)->ReadAt(offset, length));
  if (bytes.size() != length) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "object '" + key + "' became shorter while it was read"};
  }
  return bytes;
}

Result<std::optional<std::uint64_t>> DirectoryObjectStore::Head(const std::string& key) {
  FLOWSTONE_TRY(ValidateKey(key));
  const Result<os::FileInfo> info = files_.Stat(PathOf(key));
  if (info && info->type == os::FileType::kFile) {
    return std::optional<std::uint64_t>(info->size);
  }
  if (info || MeansAbsent(info.error().code)) {
    return std::optional<std::uint64_t>();
  }
  return info.error();
}

std::optional<std::string> DirectoryObjectStore::LocalPath(const std::string& key) {
  const Result<std::optional<std::uint64_t>> size = Head(key);
  if (!size || !*size) {
    return std::nullopt;
  }
  return PathOf(key);
}

Result<std::string> DirectoryObjectStore::NameTemporary() {
  const std::string folder = PathOf(std::string(kTemporaryFolder));
  FLOWSTONE_LET(const bool there, os::Exists(files_, folder));
  if (!there) {
    FLOWSTONE_TRY(os::MakeDirectories(files_, folder));
  }
  return os::JoinPath(folder, os::UniqueName());
}

Result<std::string> DirectoryObjectStore::WriteTemporary(std::span<const std::string_view> pieces) {
  for (int attempt = 0;; ++attempt) {
    FLOWSTONE_LET(std::string path, NameTemporary());
    Result<std::unique_ptr<os::OutputFile>> file =
        files_.OpenOutput(path, os::Existing::kRefuse, kObjectMode);
    if (!file && file.error().code == ErrorCode::kConflict && attempt < kAttempts) {
      continue;  // another machine that shares the directory has a process of the same name
    }
    if (!file) {
      return std::move(file.error());
    }
    if (Status written = WritePieces(**file, pieces); !written) {
      (void)files_.RemoveFile(path);  // the first failure is the one to report
      return std::move(written.error());
    }
    return path;
  }
}

Result<PutOutcome> DirectoryObjectStore::Publish(const std::string& temporary,
                                                 const std::string& key) {
  const std::string path = PathOf(key);
  Status linked = files_.MakeHardLink(temporary, path);
  for (int attempt = 0; !linked && attempt < kAttempts; ++attempt) {
    if (linked.error().code != ErrorCode::kNotFound) {
      break;
    }
    FLOWSTONE_TRY(os::MakeDirectories(files_, os::DirName(path)));
    linked = files_.MakeHardLink(temporary, path);
  }
  if (linked || linked.error().code == ErrorCode::kConflict) {
    // The object is there whether or not this succeeds.
    (void)files_.RemoveFile(temporary);
    return linked ? PutOutcome::kStored : PutOutcome::kAlreadyThere;
  }
  const bool no_hard_links =
      linked.error().code == ErrorCode::kDenied || linked.error().code == ErrorCode::kInvalid;
  if (!no_hard_links) {
    return std::move(linked.error());
  }
  // A rename replaces: between the look and the rename another writer may store. Both have written
  // the same content, or two records of one name, of which the later then stays.
  FLOWSTONE_LET(const bool there, os::Exists(files_, path));
  if (there) {
    (void)files_.RemoveFile(temporary);
    return PutOutcome::kAlreadyThere;
  }
  FLOWSTONE_TRY(files_.Rename(temporary, path));
  return PutOutcome::kStored;
}

Result<PutOutcome> DirectoryObjectStore::PublishOrDiscard(const std::string& temporary,
                                                          const std::string& key) {
  Result<PutOutcome> outcome = Publish(temporary, key);
  if (!outcome) {
    (void)files_.RemoveFile(temporary);  // the first failure is the one to report
  }
  return outcome;
}

Result<PutOutcome> DirectoryObjectStore::PutPiecesIfAbsent(
    const std::string& key, std::span<const std::string_view> pieces) {
  FLOWSTONE_LET(const std::optional<std::uint64_t> size, Head(key));
  if (size) {
    return PutOutcome::kAlreadyThere;
  }
  FLOWSTONE_LET(const std::string temporary, WriteTemporary(pieces));
  return PublishOrDiscard(temporary, key);
}

Result<PutOutcome> DirectoryObjectStore::PutFileIfAbsent(const std::string& key,
                                                         const std::string& path,
                                                         FileHandover handover) {
  FLOWSTONE_LET(const std::optional<std::uint64_t> size, Head(key));
  PutOutcome outcome = PutOutcome::kAlreadyThere;
  if (!size) {
    FLOWSTONE_LET(const std::string temporary, NameTemporary());
    // On one file system taking a file costs a link, else a copy.
    if (handover == FileHandover::kCopy || !files_.MakeHardLink(path, temporary)) {
      FLOWSTONE_TRY(os::CopyFile(files_, path, temporary));
    }
    if (Status sealed = files_.SetMode(temporary, kObjectMode); !sealed) {
      (void)files_.RemoveFile(temporary);  // the first failure is the one to report
      return std::move(sealed.error());
    }
    FLOWSTONE_LET(outcome, PublishOrDiscard(temporary, key));
  }
  if (handover == FileHandover::kTake) {
    const Status removed = files_.RemoveFile(path);
    if (!removed && removed.error().code != ErrorCode::kNotFound) {
      return removed.error();
    }
  }
  return outcome;
}

Status DirectoryObjectStore::Replace(const std::string& key, std::string_view bytes) {
  FLOWSTONE_TRY(ValidateKey(key));
  FLOWSTONE_LET(const std::string temporary, WriteTemporary(std::span(&bytes, 1)));
  const std::string path = PathOf(key);
  Status renamed = files_.Rename(temporary, path);
  if (!renamed && renamed.error().code == ErrorCode::kNotFound) {
    renamed = os::MakeDirectories(files_, os::DirName(path));
    if (renamed) {
      renamed = files_.Rename(temporary, path);
    }
  }
  if (!renamed) {
    (void)files_.RemoveFile(temporary);  // the first failure is the one to report
  }
  return renamed;
}

Result<std::vector<std::string>> DirectoryObjectStore::List(const std::string& prefix) {
  const std::size_t slash = prefix.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : prefix.substr(0, slash + 1);
  std::vector<std::string> keys;
  std::vector<std::string> folders = {folder};
  while (!folders.empty()) {
    const std::string current = std::move(folders.back());
    folders.pop_back();
    FLOWSTONE_LET(const std::vector<std::string> children, ListChildren(current));
    for (const std::string& child : children) {
      std::string key = current + child;
      // Above the prefix only the folder that leads to it is entered.
      if (!key.starts_with(prefix)) {
        continue;
      }
      (key.ends_with('/') ? folders : keys).push_back(std::move(key));
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

Result<std::vector<std::string>> DirectoryObjectStore::ListChildren(const std::string& prefix) {
  if (!prefix.empty()) {
    FLOWSTONE_TRY(ValidateKey(std::string_view(prefix).substr(0, prefix.size() - 1)));
  }
  const Result<std::vector<os::DirectoryEntry>> entries =
      files_.ListDirectory(prefix.empty() ? directory_ : PathOf(prefix));
  if (!entries) {
    if (MeansAbsent(entries.error().code)) {
      return std::vector<std::string>();
    }
    return entries.error();
  }
  std::vector<std::string> children;
  for (const os::DirectoryEntry& entry : *entries) {
    if (!ValidateKey(entry.name)) {
      continue;  // "~tmp", and what others left in the directory
    }
    const bool is_folder = entry.type == os::FileType::kDirectory;
    children.push_back(is_folder ? entry.name + "/" : entry.name);
  }
  std::sort(children.begin(), children.end());
  return children;
}

Status DirectoryObjectStore::Remove(const std::string& key) {
  FLOWSTONE_TRY(ValidateKey(key));
  const std::string path = PathOf(key);
  if (Status removed = files_.RemoveFile(path); !removed) {
    return removed.error().code == ErrorCode::kNotFound ? Ok() : std::move(removed);
  }
  // Folders that became empty go too; a put that loses its folder to this makes it again.
  for (std::string folder = os::DirName(path); folder != directory_; folder = os::DirName(folder)) {
    if (!files_.RemoveDirectory(folder)) {
      break;
    }
  }
  return Ok();
}

}  // namespace flowstone::store
