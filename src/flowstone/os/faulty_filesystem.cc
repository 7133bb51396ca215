#include "flowstone/os/faulty_filesystem.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "flowstone/os/errno_error.h"
#include "flowstone/os/path.h"

namespace flowstone::os {

// What was asked for, and the counters. Shared with open files.
class FaultyFileSystem::Plan {
 public:
  void FailOnce(std::uint64_t operation, Error error) {
    const std::lock_guard lock(mutex_);
    first_ = operation;
    last_ = operation;
    error_ = std::move(error);
  }

  void FailFrom(std::uint64_t operation, Error error) {
    const std::lock_guard lock(mutex_);
    first_ = operation;
    last_ = UINT64_MAX;
    error_ = std::move(error);
  }

  void FillDiskFromWrite(std::uint64_t write) {
    const std::lock_guard lock(mutex_);
    full_from_write_ = write;
  }

  std::uint64_t operation_count() const {
    const std::lock_guard lock(mutex_);
    return operations_;
  }

  // Counts an operation and says whether it may go on.
  Status Enter() {
    const std::lock_guard lock(mutex_);
    ++operations_;
    return Verdict();
  }

  // The same for a write to a file.
  Status EnterWrite(std::string_view path) {
    const std::lock_guard lock(mutex_);
    ++operations_;
    ++writes_;
    FLOWSTONE_TRY(Verdict());
    return SpaceVerdict("write to", path);
  }

  // The same for making a file, a directory or a link, which a full disk refuses too.
  Status EnterCreation(std::string_view path) {
    const std::lock_guard lock(mutex_);
    ++operations_;
    FLOWSTONE_TRY(Verdict());
    return SpaceVerdict("create", path);
  }

 private:
  Status Verdict() const {
    if (operations_ >= first_ && operations_ <= last_) {
      return error_;
    }
    return Ok();
  }

  Status SpaceVerdict(std::string_view verb, std::string_view path) const {
    if (full_from_write_ && writes_ >= *full_from_write_) {
      return ErrnoError(ENOSPC, std::string(verb) + " '" + std::string(path) + "'");
    }
    return Ok();
  }

  mutable std::mutex mutex_;  // guards everything below
  std::uint64_t operations_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t first_ = UINT64_MAX;
  std::uint64_t last_ = 0;
  Error error_;
  std::optional<std::uint64_t> full_from_write_;
};

class FaultyFileSystem::Input final : public InputFile {
 public:
  Input(std::shared_ptr<Plan> plan, std::unique_ptr<InputFile> target)
      : plan_(std::move(plan)), target_(std::move(target)) {}

  Result<std::uint64_t> Size() override {
    FLOWSTONE_TRY(plan_->Enter());
    return target_->Size();
  }
  Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) override {
    FLOWSTONE_TRY(plan_->Enter());
    return target_->ReadAt(offset, length);
  }

 private:
  std::shared_ptr<Plan> plan_;
  std::unique_ptr<InputFile> target_;
};

class FaultyFileSystem::Output final : public OutputFile {
 public:
  Output(std::shared_ptr<Plan> plan, std::unique_ptr<OutputFile> target, std::string path)
      : plan_(std::move(plan)), target_(std::move(target)), path_(std::move(path)) {}

  Status Write(std::string_view bytes) override {
    FLOWSTONE_TRY(plan_->EnterWrite(path_));
    return target_->Write(bytes);
  }
  Status Sync() override {
    FLOWSTONE_TRY(plan_->Enter());
    return target_->Sync();
  }
  Status Close() override {
    FLOWSTONE_TRY(plan_->Enter());
    return target_->Close();
  }

 private:
  std::shared_ptr<Plan> plan_;
  std::unique_ptr<OutputFile> target_;
  std::string path_;
};

FaultyFileSystem::FaultyFileSystem(FileSystem& target)
    : target_(target), plan_(std::make_shared<Plan>()) {}
FaultyFileSystem::~FaultyFileSystem() = default;

void FaultyFileSystem::FailOnce(std::uint64_t operation, Error error) {
  plan_->FailOnce(operation, std::move(error));
}

void FaultyFileSystem::FailFrom(std::uint64_t operation, Error error) {
  plan_->FailFrom(operation, std::move(error));
}

void FaultyFileSystem::FillDiskFromWrite(std::uint64_t write) {
  plan_->FillDiskFromWrite(write);
}

std::uint64_t FaultyFileSystem::operation_count() const {
  return plan_->operation_count();
}

Result<std::unique_ptr<InputFile>> FaultyFileSystem::OpenInput(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  FLOWSTONE_LET(std::unique_ptr<InputFile> file, target_.OpenInput(path));
  return std::unique_ptr<InputFile>(std::make_unique<Input>(plan_, std::move(file)));
}

Result<std::unique_ptr<OutputFile>> FaultyFileSystem::OpenOutput(const std::string& path,
                                                                 Existing existing,
                                                                 std::uint32_t mode) {
  FLOWSTONE_TRY(plan_->EnterCreation(path));
  FLOWSTONE_LET(std::unique_ptr<OutputFile> file, target_.OpenOutput(path, existing, mode));
  return std::unique_ptr<OutputFile>(std::make_unique<Output>(plan_, std::move(file), path));
}

Result<std::unique_ptr<OutputFile>> FaultyFileSystem::OpenAppend(const std::string& path,
                                                                 std::uint32_t mode) {
  FLOWSTONE_TRY(plan_->EnterCreation(path));
  FLOWSTONE_LET(std::unique_ptr<OutputFile> file, target_.OpenAppend(path, mode));
  return std::unique_ptr<OutputFile>(std::make_unique<Output>(plan_, std::move(file), path));
}

Result<std::shared_ptr<const FileView>> FaultyFileSystem::MapFile(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.MapFile(path);
}

Result<std::unique_ptr<HeldLock>> FaultyFileSystem::LockFile(const std::string& path) {
  FLOWSTONE_TRY(plan_->EnterCreation(path));
  return target_.LockFile(path);
}

Result<std::string> FaultyFileSystem::ReadFile(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.ReadFile(path);
}

Result<FileInfo> FaultyFileSystem::Stat(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.Stat(path);
}

Result<FileInfo> FaultyFileSystem::Lstat(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.Lstat(path);
}

Result<std::vector<DirectoryEntry>> FaultyFileSystem::ListDirectory(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.ListDirectory(path);
}

Status FaultyFileSystem::MakeDirectory(const std::string& path, std::uint32_t mode) {
  FLOWSTONE_TRY(plan_->EnterCreation(path));
  return target_.MakeDirectory(path, mode);
}

Status FaultyFileSystem::MakeSymlink(const std::string& target, const std::string& path) {
  FLOWSTONE_TRY(plan_->EnterCreation(path));
  return target_.MakeSymlink(target, path);
}

Result<std::string> FaultyFileSystem::ReadSymlink(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.ReadSymlink(path);
}

Status FaultyFileSystem::MakeHardLink(const std::string& existing, const std::string& path) {
  FLOWSTONE_TRY(plan_->EnterCreation(path));
  return target_.MakeHardLink(existing, path);
}

std::size_t FaultyFileSystem::MakeHardLinks(const std::string& from,
                                            std::span<const std::string> names,
                                            const std::string& to) {
  const auto refused = std::ranges::find_if(names, [&](const std::string& name) {
    return !MakeHardLink(JoinPath(from, name), JoinPath(to, name));
  });
  return static_cast<std::size_t>(refused - names.begin());
}

Status FaultyFileSystem::Rename(const std::string& from, const std::string& to) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.Rename(from, to);
}

Status FaultyFileSystem::RemoveFile(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.RemoveFile(path);
}

Status FaultyFileSystem::RemoveDirectory(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.RemoveDirectory(path);
}

Status FaultyFileSystem::SetMode(const std::string& path, std::uint32_t mode) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.SetMode(path, mode);
}

Status FaultyFileSystem::SetModifiedTime(const std::string& path, std::int64_t modified_ns) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.SetModifiedTime(path, modified_ns);
}

Result<std::string> FaultyFileSystem::RealPath(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.RealPath(path);
}

Result<std::uint64_t> FaultyFileSystem::AvailableBytes(const std::string& path) {
  FLOWSTONE_TRY(plan_->Enter());
  return target_.AvailableBytes(path);
}

}  // namespace flowstone::os
