// FaultyFileSystem: passes every operation on to another file system, counts them, and fails those
// that the test chose. A loop over "fail operation N" until nothing fails walks every error path:
//
//   for (std::uint64_t n = 1;; ++n) {
//     FaultyFileSystem faulty(memory);
//     faulty.FailOnce(n, Error{.code = ErrorCode::kIo, .message = "disk on fire"});
//     const Status status = Publish(faulty);
//     … whatever happened, the store is whole …
//     if (faulty.operation_count() < n) break;
//   }
//
// Reads and writes through open files count as operations too; closing in a destructor does not.
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "flowstone/os/filesystem.h"

namespace flowstone::os {

class FaultyFileSystem final : public FileSystem {
 public:
  // `target` must outlive this and the files opened through it.
  explicit FaultyFileSystem(FileSystem& target);
  ~FaultyFileSystem() override;
  FaultyFileSystem(const FaultyFileSystem&) = delete;
  FaultyFileSystem& operator=(const FaultyFileSystem&) = delete;

  // The operation of that number fails, counted from 1; it has no effect on the target.
  void FailOnce(std::uint64_t operation, Error error);
  // That operation and all later ones fail: the process died there.
  void FailFrom(std::uint64_t operation, Error error);
  // From that write on, counted from 1 over all files, the disk is full: what needs space fails
  // with kIo, the rest still works.
  void FillDiskFromWrite(std::uint64_t write);

  std::uint64_t operation_count() const;

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

 private:
  class Plan;
  class Input;
  class Output;

  FileSystem& target_;
  std::shared_ptr<Plan> plan_;  // shared with open files
};

}  // namespace flowstone::os
