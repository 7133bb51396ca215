#include "flowstone/install/archive_cache.h"

#include <functional>
#include <memory>
#include <utility>

#include "flowstone/install/archive_integrity.h"
#include "flowstone/install/input_file_source.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/install/wheel_unpacker.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/temp_dir.h"

namespace flowstone::install {
namespace {

// An error about what is in a wheel says what can be done about a file that nobody will mend.
Result<ArchivePlan> Explained(Result<ArchivePlan> unpacked, const std::string& file_name) {
  if (unpacked) {
    return unpacked;
  }
  Error error = std::move(unpacked.error()).WithContext("while unpacking " + file_name);
  const bool is_bad_wheel = error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kInvalid;
  return is_bad_wheel
             ? std::move(error).WithHint(
                   "it has the digest that the lock names, so it was published like this: exclude "
                   "this version or have it built from source, and tell its publisher")
             : error;
}

// What is in a directory; nothing when it is not there.
Result<std::vector<os::DirectoryEntry>> EntriesIn(os::FileSystem& filesystem,
                                                  const std::string& directory) {
  Result<std::vector<os::DirectoryEntry>> entries = filesystem.ListDirectory(directory);
  if (!entries && entries.error().code == ErrorCode::kNotFound) {
    return std::vector<os::DirectoryEntry>();
  }
  return entries;
}

}  // namespace

ArchiveCache::ArchiveCache(os::FileSystem& filesystem, CacheLayout layout)
    : filesystem_(filesystem),
      layout_(std::move(layout)),
      next_sample_(std::hash<std::string>()(os::UniqueName())) {}

Result<std::optional<ArchivePlan>> ArchiveCache::Find(const Digest& wheel) {
  FLOWSTONE_LET(Holding holding, Examine(wheel));
  return std::move(holding.plan);
}

Result<std::optional<ArchivePlan>> ArchiveCache::FindCompiled(const Digest& wheel,
                                                              const std::string& cache_tag,
                                                              std::size_t together) {
  FLOWSTONE_LET(Holding holding, Examine(wheel, cache_tag, together));
  return std::move(holding.plan);
}

Result<bool> ArchiveCache::HasCompiled(const std::string& cache_tag) {
  return os::Exists(filesystem_, os::JoinPath(layout_.compiled_archives(), cache_tag));
}

Result<ArchiveCache::Holding> ArchiveCache::Examine(const Digest& wheel, std::size_t together) {
  return Examine(wheel, {}, together);
}

Result<ArchiveCache::Holding> ArchiveCache::Examine(const Digest& wheel,
                                                    const std::string& bytecode,
                                                    std::size_t together) {
  Holding holding;
  Result<ArchivePlan> plan = ReadPlan(wheel, bytecode);
  const std::string directory = layout_.ArchiveDirectory(wheel, bytecode);
  if (!plan && plan.error().code == ErrorCode::kNotFound) {
    FLOWSTONE_LET(const bool exists, os::Exists(filesystem_, directory));
    if (!exists) {
      return holding;
    }
  }
  const Status sound = plan ? SampleArchive(filesystem_, *plan, directory, next_sample_++, together)
                            : Status(plan.error());
  if (sound) {
    holding.plan = *std::move(plan);
    return holding;
  }
  const ErrorCode fault = sound.error().code;
  if (fault != ErrorCode::kCorrupt && fault != ErrorCode::kNotFound &&
      fault != ErrorCode::kInvalid) {
    return sound.error();
  }
  FLOWSTONE_TRY(SetAside(directory));
  if (fault != ErrorCode::kInvalid) {  // which is one of another version, and no damage
    holding.damage = sound.error().message;
  }
  return holding;
}

Result<ArchivePlan> ArchiveCache::Add(const std::string& path, const std::string& file_name,
                                      const Digest& wheel, std::size_t threads,
                                      const Consent& consent) {
  FLOWSTONE_LET(std::optional<ArchivePlan> known, Find(wheel));
  if (known) {
    return *std::move(known);
  }
  FLOWSTONE_LET(StagingDirectory staging, StagingDirectory::Create(filesystem_, layout_));
  FLOWSTONE_LET(std::unique_ptr<os::InputFile> file, filesystem_.OpenInput(path));
  InputFileSource source(std::move(file));
  FLOWSTONE_LET(ArchivePlan plan, Explained(UnpackWheel(filesystem_, source, file_name, wheel,
                                                        staging.path(), {.threads = threads}),
                                            file_name));
  if (consent) {
    FLOWSTONE_TRY(consent());
  }
  FLOWSTONE_TRY(staging.PublishUnlessThere(layout_.ArchiveDirectory(wheel)));
  return plan;
}

Result<ArchivePlan> ArchiveCache::ReadPlan(const Digest& wheel, const std::string& bytecode) {
  const std::string path = os::JoinPath(layout_.ArchiveDirectory(wheel, bytecode), kPlanFileName);
  FLOWSTONE_LET(std::string text, filesystem_.ReadFile(path));
  FLOWSTONE_LET(ArchivePlan plan, ArchivePlan::Parse(std::move(text)));
  if (plan.wheel != wheel || plan.bytecode != bytecode) {
    return Error{.code = ErrorCode::kCorrupt, .message = path + " is the plan of another wheel"};
  }
  return plan;
}

Status ArchiveCache::CheckPresent(const Digest& wheel, const std::string& bytecode) {
  FLOWSTONE_LET(const ArchivePlan plan, ReadPlan(wheel, bytecode));
  return CheckArchive(filesystem_, plan, layout_.ArchiveDirectory(wheel, bytecode));
}

Status ArchiveCache::Verify(const Digest& wheel, const std::string& bytecode) {
  FLOWSTONE_LET(const ArchivePlan plan, ReadPlan(wheel, bytecode));
  return VerifyArchive(filesystem_, plan, layout_.ArchiveDirectory(wheel, bytecode));
}

Status ArchiveCache::SetAside(const std::string& directory) {
  const std::string place = os::JoinPath(layout_.damaged(), os::BaseName(directory));
  FLOWSTONE_TRY(os::MakeDirectories(filesystem_, layout_.damaged()));
  FLOWSTONE_TRY(os::RemoveTree(filesystem_, place));  // of the last time
  Status moved = filesystem_.Rename(directory, place);
  const bool was_faster = !moved && (moved.error().code == ErrorCode::kNotFound ||
                                     moved.error().code == ErrorCode::kConflict);
  return was_faster ? Ok() : std::move(moved);  // another process did it
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
  return ListBelow(layout_.archives());
}

Result<std::vector<ArchiveKey>> ArchiveCache::ListCompiled() {
  std::vector<ArchiveKey> archives;
  FLOWSTONE_LET(const std::vector<os::DirectoryEntry> tags,
                EntriesIn(filesystem_, layout_.compiled_archives()));
  for (const os::DirectoryEntry& tag : tags) {
    FLOWSTONE_LET(const std::vector<Digest> wheels,
                  ListBelow(os::JoinPath(layout_.compiled_archives(), tag.name)));
    archives.reserve(archives.size() + wheels.size());
    for (const Digest& wheel : wheels) {
      archives.push_back({.wheel = wheel, .bytecode = tag.name});
    }
  }
  return archives;
}

Result<std::vector<Digest>> ArchiveCache::ListBelow(const std::string& directory) {
  std::vector<Digest> wheels;
  FLOWSTONE_LET(const std::vector<os::DirectoryEntry> shards, EntriesIn(filesystem_, directory));
  for (const os::DirectoryEntry& shard : shards) {
    FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries,
                  EntriesIn(filesystem_, os::JoinPath(directory, shard.name)));
    for (const os::DirectoryEntry& entry : entries) {
      if (Result<Digest> digest = Digest::Parse(entry.name)) {
        wheels.push_back(*digest);
      }
    }
  }
  return wheels;
}

}  // namespace flowstone::install
