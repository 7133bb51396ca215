#include "flowstone/install/archive_claim.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/temp_dir.h"

namespace flowstone::install {
namespace {

std::string ClaimGate(const CacheLayout& layout) {
  return layout.locks() + "/claims.lock";
}

Status WriteClaim(os::FileSystem& filesystem, const std::string& path,
                  std::span<const Digest> wheels) {
  std::string text;
  for (const Digest& wheel : wheels) {
    text += wheel.ToString() + "\n";
  }
  FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                filesystem.OpenOutput(path, os::Existing::kRefuse, 0644));
  FLOWSTONE_TRY(file->Write(text));
  return file->Close();
}

}  // namespace

Result<ArchiveClaim> ArchiveClaim::Make(os::FileSystem& filesystem, const CacheLayout& layout,
                                        std::span<const Digest> wheels) {
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, layout.locks()));
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, layout.claims()));
  FLOWSTONE_LET(
      const os::FileLock gate,
      os::FileLock::Acquire(ClaimGate(layout), os::LockMode::kShared, os::LockWait::kWait));
  std::string path = os::JoinPath(layout.claims(), os::UniqueName());
  FLOWSTONE_TRY(WriteClaim(filesystem, path, wheels));
  FLOWSTONE_LET(std::optional<os::Lease> lease, os::Lease::Hold(path));
  if (!lease) {
    return Error{.code = ErrorCode::kIo, .message = path + " vanished when it was written"};
  }
  return ArchiveClaim(filesystem, std::move(path), *std::move(lease));
}

ArchiveClaim::~ArchiveClaim() {
  if (!path_.empty()) {  // else moved from
    static_cast<void>(filesystem_->RemoveFile(path_));
  }
}

Result<os::FileLock> ShutClaimGate(os::FileSystem& filesystem, const CacheLayout& layout) {
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, layout.locks()));
  return os::FileLock::Acquire(ClaimGate(layout), os::LockMode::kExclusive, os::LockWait::kWait);
}

Result<std::set<Digest>> ClaimedWheels(os::FileSystem& filesystem, const CacheLayout& layout,
                                       DeadClaims dead) {
  std::set<Digest> claimed;
  const Result<std::vector<os::DirectoryEntry>> entries = filesystem.ListDirectory(layout.claims());
  if (!entries) {
    return entries.error().code == ErrorCode::kNotFound ? Result<std::set<Digest>>(claimed)
                                                        : entries.error();
  }
  for (const os::DirectoryEntry& entry : *entries) {
    const std::string path = os::JoinPath(layout.claims(), entry.name);
    const Result<os::Lease> ownerless = os::Lease::TakeOver(path);
    if (ownerless) {
      if (dead == DeadClaims::kRemoved) {
        static_cast<void>(filesystem.RemoveFile(path));
      }
      continue;
    }
    const Result<std::string> text = filesystem.ReadFile(path);
    if (!text && text.error().code == ErrorCode::kNotFound) {
      continue;  // its owner is done
    }
    FLOWSTONE_TRY(text);
    for (const std::string_view line : SplitLines(*text)) {
      if (const Result<Digest> wheel = Digest::Parse(line)) {
        claimed.insert(*wheel);
      }
    }
  }
  return claimed;
}

}  // namespace flowstone::install
