// InterferingFileSystem: the file system below it, and somebody who does something of his own
// when the first new file is written.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/os/filesystem.h"

namespace flowstone::install {

class InterferingFileSystem final : public os::FileSystem {
 public:
  // `target` outlives this.
  InterferingFileSystem(os::FileSystem& target, std::function<void()> interfere)
      : target_(target), interfere_(std::move(interfere)) {}

  Result<std::unique_ptr<os::OutputFile>> OpenOutput(const std::string& path, os::Existing existing,
                                                     std::uint32_t mode) override {
    if (!has_interfered_.exchange(true)) {
      interfere_();
    }
    return target_.OpenOutput(path, existing, mode);
  }

  Result<std::string> ReadFile(const std::string& path) override { return target_.ReadFile(path); }
  Result<std::unique_ptr<os::InputFile>> OpenInput(const std::string& path) override {
    return target_.OpenInput(path);
  }
  Result<std::unique_ptr<os::OutputFile>> OpenAppend(const std::string& path,
                                                     std::uint32_t mode) override {
    return target_.OpenAppend(path, mode);
  }
  Result<std::shared_ptr<const os::FileView>> MapFile(const std::string& path) override {
    return target_.MapFile(path);
  }
  Result<std::unique_ptr<os::HeldLock>> LockFile(const std::string& path) override {
    return target_.LockFile(path);
  }
  Result<os::FileInfo> Stat(const std::string& path) override { return target_.Stat(path); }
  Result<os::FileInfo> Lstat(const std::string& path) override { return target_.Lstat(path); }
  Result<std::vector<os::DirectoryEntry>> ListDirectory(const std::string& path) override {
    return target_.ListDirectory(path);
  }
  Status MakeDirectory(const std::string& path, std::uint32_t mode) override {
    return target_.MakeDirectory(path, mode);
  }
  Status MakeSymlink(const std::string& to, const std::string& path) override {
    return target_.MakeSymlink(to, path);
  }
  Result<std::string> ReadSymlink(const std::string& path) override {
    return target_.ReadSymlink(path);
  }
  Status MakeHardLink(const std::string& existing, const std::string& path) override {
    return target_.MakeHardLink(existing, path);
  }
  std::size_t MakeHardLinks(const std::string& from, std::span<const std::string> names,
                            const std::string& to) override {
    return target_.MakeHardLinks(from, names, to);
  }
  Status Rename(const std::string& from, const std::string& to) override {
    return target_.Rename(from, to);
  }
  Status RemoveFile(const std::string& path) override { return target_.RemoveFile(path); }
  Status RemoveDirectory(const std::string& path) override { return target_.RemoveDirectory(path); }
  Status SetMode(const std::string& path, std::uint32_t mode) override {
    return target_.SetMode(path, mode);
  }
  Status SetModifiedTime(const std::string& path, std::int64_t modified_ns) override {
    return target_.SetModifiedTime(path, modified_ns);
  }
  Result<std::string> RealPath(const std::string& path) override { return target_.RealPath(path); }
  Result<std::uint64_t> AvailableBytes(const std::string& path) override {
    return target_.AvailableBytes(path);
  }

 private:
  os::FileSystem& target_;
  const std::function<void()> interfere_;
  std::atomic<bool> has_interfered_ = false;
};

}  // namespace flowstone::install
