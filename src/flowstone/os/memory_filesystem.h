// MemoryFileSystem: a small file system in memory, for tests.
//
// It has what the real one has: inodes, hard links, symbolic links, modes, files that live on while
// open. Starts as an empty root, which is also the working directory; the umask is 022. Permission
// bits bind as for an unprivileged owner, so that read-only trees can be tested by any user. The
// clock is logical: every change gets the next second. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "flowstone/os/filesystem.h"

namespace flowstone::os {

class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;
  MemoryFileSystem(const MemoryFileSystem&) = delete;
  MemoryFileSystem& operator=(const MemoryFileSystem&) = delete;

  Result<std::string> ReadFile(const std::string& path) override;
  Result<std::unique_ptr<InputFile>> OpenInput(const std::string& path) override;
  Result<std::unique_ptr<OutputFile>> OpenOutput(const std::string& path, Existing existing,
                                                 std::uint32_t mode) override;
  Result<std::unique_ptr<OutputFile>> OpenAppend(const std::string& path,
                                                 std::uint32_t mode) override;
  Result<std::shared_ptr<const FileView>> MapFile(const std::string& path) override;
  Result<std::unique_ptr<HeldLock>> LockFile(const std::string& path) override;
  Result<FileInfo> Stat(const std::string& path) override;
  Result<FileInfo> Lstat(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> ListDirectory(const std::string& path) override;
  Status MakeDirectory(const std::string& path, std::uint32_t mode) override;
  Status MakeSymlink(const std::string& target, const std::string& path) override;
  Result<std::string> ReadSymlink(const std::string& path) override;
  Status MakeHardLink(const std::string& existing, const std::string& path) override;
  std::size_t MakeHardLinks(const std::string& from, std::span<const std::string> names,
                            const std::string& to) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status RemoveFile(const std::string& path) override;
  Status RemoveDirectory(const std::string& path) override;
  Status SetMode(const std::string& path, std::uint32_t mode) override;
  Status SetModifiedTime(const std::string& path, std::int64_t modified_ns) override;
  Result<std::string> RealPath(const std::string& path) override;
  Result<std::uint64_t> AvailableBytes(const std::string& path) override;

  // What AvailableBytes answers; writing does not reduce it. At first 1 TiB.
  void SetAvailableBytes(std::uint64_t bytes);

 private:
  class Tree;
  class Output;

  std::shared_ptr<Tree> tree_;  // shared with open files, which may outlive this
};

}  // namespace flowstone::os
