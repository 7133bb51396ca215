#include "flowstone/install/archive_cache.h"

#include <utility>

#include "flowstone/install/input_file_source.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/install/wheel_unpacker.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

Error Changed(const std::string& path) {
  return {.code = ErrorCode::kCorrupt, .message = path + " is not what was unpacked"};
}

// Calls `check(path, file)` for every file of the plan; a missing one is corruption.
template <class Check>
Status ForEachFile(const ArchivePlan& plan, const std::string& root, const Check& check) {
  for (const PlannedDirectory& directory : plan.directories) {
    for (const PlannedFile& file : directory.files) {
      const std::string path = root + "/" + directory.path + "/" + file.name;
      Status state = check(path, file);
      if (!state && state.error().code == ErrorCode::kNotFound) {
        return Error{.code = ErrorCode::kCorrupt, .message = path + " is missing"};
      }
      FLOWSTONE_TRY(std::move(state));
    }
  }
  return Ok();
}

}  // namespace

ArchiveCache::ArchiveCache(os::FileSystem& filesystem, CacheLayout layout)
    : filesystem_(filesystem), layout_(std::move(layout)) {}

Result<std::optional<ArchivePlan>> ArchiveCache::Find(const Digest& wheel) {
  Result<ArchivePlan> plan = ReadPlan(wheel);
  if (plan) {
    return std::optional<ArchivePlan>(*std::move(plan));
  }
  if (plan.error().code == ErrorCode::kNotFound) {
    FLOWSTONE_LET(const bool exists, os::Exists(filesystem_, layout_.ArchiveDirectory(wheel)));
    if (!exists) {
      return std::optional<ArchivePlan>();
    }
  } else if (plan.error().code != ErrorCode::kCorrupt) {
    return std::move(plan.error());
  }
  // Without a readable plan a directory is no archive.
  FLOWSTONE_TRY(Discard(wheel));
  return std::optional<ArchivePlan>();
}

Result<ArchivePlan> ArchiveCache::Add(const std::string& path, const std::string& file_name,
                                      const Digest& wheel, std::size_t threads) {
  FLOWSTONE_LET(std::optional<ArchivePlan> known, Find(wheel));
  if (known) {
    return *std::move(known);
  }
  FLOWSTONE_LET(StagingDirectory staging, StagingDirectory::Create(filesystem_, layout_));
  FLOWSTONE_LET(std::unique_ptr<os::InputFile> file, filesystem_.OpenInput(path));
  InputFileSource source(std::move(file));
  FLOWSTONE_LET(ArchivePlan plan, Annotate(UnpackWheel(filesystem_, source, file_name, wheel,
                                                       staging.path(), {.threads = threads}),
                                           "while unpacking " + file_name));
  const std::string destination = layout_.ArchiveDirectory(wheel);
  FLOWSTONE_TRY(os::MakeDirectories(filesystem_, os::DirName(destination)));
  if (Status published = staging.Publish(destination);
      !published && published.error().code != ErrorCode::kConflict) {
    return std::move(published.error());
  }
  return plan;  // on a conflict another process was faster, with the same bytes
}

Result<ArchivePlan> ArchiveCache::ReadPlan(const Digest& wheel) {
  const std::string path = os::JoinPath(layout_.ArchiveDirectory(wheel), kPlanFileName);
  FLOWSTONE_LET(const std::string text, filesystem_.ReadFile(path));
  FLOWSTONE_LET(ArchivePlan plan, ArchivePlan::Parse(text));
  if (plan.wheel != wheel) {
    return Error{.code = ErrorCode::kCorrupt, .message = path + " is the plan of another wheel"};
  }
  return plan;
}

Status ArchiveCache::CheckPresent(const Digest& wheel) {
  FLOWSTONE_LET(const ArchivePlan plan, ReadPlan(wheel));
  return ForEachFile(plan, layout_.ArchiveDirectory(wheel),
                     [this](const std::string& path, const PlannedFile& file) -> Status {
                       FLOWSTONE_LET(const os::FileInfo info, filesystem_.Lstat(path));
                       if (info.type != os::FileType::kFile || info.size != file.size) {
                         return Changed(path);
                       }
                       return Ok();
                     });
}

Status ArchiveCache::Verify(const Digest& wheel) {
  FLOWSTONE_LET(const ArchivePlan plan, ReadPlan(wheel));
  return ForEachFile(plan, layout_.ArchiveDirectory(wheel),
                     [this](const std::string& path, const PlannedFile& file) -> Status {
                       FLOWSTONE_LET(const os::FileDigest actual,
                                     os::DigestOfFile(filesystem_, path));
                       return actual.digest == file.digest ? Ok() : Status(Changed(path));
                     });
}

Status ArchiveCache::Discard(const Digest& wheel) {
  FLOWSTONE_LET(StagingDirectory staging, StagingDirectory::Create(filesystem_, layout_));
  // Out of the way by one rename; the staging directory takes it along.
  Status moved = filesystem_.Rename(layout_.ArchiveDirectory(wheel),
                                    os::JoinPath(staging.path(), "discarded"));
  if (!moved && moved.error().code == ErrorCode::kNotFound) {
    return Ok();  // another process was faster
  }
  return moved;
}

Result<std::vector<Digest>> ArchiveCache::List() {
  std::vector<Digest> wheels;
  Result<std::vector<os::DirectoryEntry>> shards = filesystem_.ListDirectory(layout_.archives());
  if (!shards) {
    if (shards.error().code == ErrorCode::kNotFound) {
      return wheels;
    }
    return std::move(shards.error());
  }
  for (const os::DirectoryEntry& shard : *shards) {
    FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries,
                  filesystem_.ListDirectory(os::JoinPath(layout_.archives(), shard.name)));
    for (const os::DirectoryEntry& entry : entries) {
      if (Result<Digest> digest = Digest::Parse(entry.name)) {
        wheels.push_back(*digest);
      }
    }
  }
  return wheels;
}

}  // namespace flowstone::install
