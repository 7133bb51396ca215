// FileSystem: the one way to the disk.
//
// Paths are UTF-8 or raw bytes as the kernel has them, "/"-separated; relative ones start at the
// process's working directory. Verbs are those of POSIX and mean the same; nothing here retries,
// creates parents or follows a symbolic link at the last component unless it says so. Errors name
// the path. Thread-safe: every implementation may be called from several threads at once.
//
// Implementations: PosixFileSystem (the real one), MemoryFileSystem (the fake, with a logical
// clock), FaultyFileSystem (wraps another; fails the Nth operation). Higher operations made of
// these verbs (MakeDirectories, RemoveTree, ReplaceFile) are free functions in
// os/file_operations.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::os {

enum class FileType : std::uint8_t { kFile, kDirectory, kSymlink, kOther };

struct FileInfo {
  FileType type = FileType::kOther;
  std::uint64_t size = 0;        // bytes
  std::uint64_t allocated = 0;   // bytes that it takes on the disk
  std::uint32_t mode = 0;        // permission bits, 07777
  std::int64_t modified_ns = 0;  // since the Unix epoch
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t link_count = 0;
  friend bool operator==(const FileInfo&, const FileInfo&) = default;
};

struct DirectoryEntry {
  std::string name;
  FileType type = FileType::kOther;
  friend auto operator<=>(const DirectoryEntry&, const DirectoryEntry&) = default;
};

// An open file for reading at offsets. Thread-safe.
class InputFile {
 public:
  virtual ~InputFile() = default;
  virtual Result<std::uint64_t> Size() = 0;
  // Up to `length` bytes from `offset`; fewer only at the end of the file.
  virtual Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) = 0;
};

// An open file for writing from its start to its end. Closing in the destructor ignores errors, so
// call Close. Not thread-safe.
class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual Status Write(std::string_view bytes) = 0;
  // Makes the bytes durable: fdatasync(2).
  virtual Status Sync() = 0;
  virtual Status Close() = 0;
};

// The bytes of a file as they were when it was mapped, for as long as this lives. Nobody may make
// the file shorter meanwhile; what others append is not seen. Thread-safe.
class FileView {
 public:
  virtual ~FileView() = default;
  virtual std::string_view bytes() const = 0;
};

// A lock between processes that is held while this lives (os/file_lock.h).
class HeldLock {
 public:
  virtual ~HeldLock() = default;
};

enum class Existing : std::uint8_t { kReplace /* truncate */, kRefuse /* kConflict: O_EXCL */ };

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // kNotFound when there is no such file; kInvalid for a directory.
  virtual Result<std::string> ReadFile(const std::string& path) = 0;
  virtual Result<std::unique_ptr<InputFile>> OpenInput(const std::string& path) = 0;
  // Created with `mode` & ~umask. kNotFound when the parent directory is missing.
  virtual Result<std::unique_ptr<OutputFile>> OpenOutput(const std::string& path, Existing existing,
                                                         std::uint32_t mode) = 0;
  // For writing behind the last byte, wherever it is at that moment; created with `mode` & ~umask.
  virtual Result<std::unique_ptr<OutputFile>> OpenAppend(const std::string& path,
                                                         std::uint32_t mode) = 0;
  // kNotFound when there is no such file.
  virtual Result<std::shared_ptr<const FileView>> MapFile(const std::string& path) = 0;
  // Waits until no other process has the exclusive lock of this name. The file is made when it is
  // missing, its directory is not.
  virtual Result<std::unique_ptr<HeldLock>> LockFile(const std::string& path) = 0;

  // Follows symbolic links. kNotFound when nothing is there.
  virtual Result<FileInfo> Stat(const std::string& path) = 0;
  // Does not follow a symbolic link at the last component.
  virtual Result<FileInfo> Lstat(const std::string& path) = 0;
  // Sorted by name, without "." and "..".
  virtual Result<std::vector<DirectoryEntry>> ListDirectory(const std::string& path) = 0;

  // kConflict when something is there already.
  virtual Status MakeDirectory(const std::string& path, std::uint32_t mode) = 0;
  virtual Status MakeSymlink(const std::string& target, const std::string& path) = 0;
  virtual Result<std::string> ReadSymlink(const std::string& path) = 0;
  // kConflict when `path` exists; kInvalid with "cross-device" for EXDEV; kDenied for EPERM;
  // kIo with "too many links" for EMLINK.
  virtual Status MakeHardLink(const std::string& existing, const std::string& path) = 0;
  // Links those `names` of the directory `from` to the same names in `to`, in their order, up to
  // the first that MakeHardLink would refuse: how many there are. Names are of one component.
  virtual std::size_t MakeHardLinks(const std::string& from, std::span<const std::string> names,
                                    const std::string& to) = 0;
  // Replaces a file, a symbolic link or an empty directory at `to`; kConflict when `to` is a
  // directory that is not empty.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status RemoveFile(const std::string& path) = 0;
  // kConflict when it is not empty.
  virtual Status RemoveDirectory(const std::string& path) = 0;
  virtual Status SetMode(const std::string& path, std::uint32_t mode) = 0;
  virtual Status SetModifiedTime(const std::string& path, std::int64_t modified_ns) = 0;
  // Absolute, without symbolic links: realpath(3). kNotFound when a component is missing.
  virtual Result<std::string> RealPath(const std::string& path) = 0;
  // Bytes that an unprivileged process may still write on the file system that holds `path`.
  virtual Result<std::uint64_t> AvailableBytes(const std::string& path) = 0;
};

}  // namespace flowstone::os
