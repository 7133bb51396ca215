#include "flowstone/install/archive_integrity.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "flowstone/install/installed_record.h"
#include "flowstone/install/wheel_unpacker.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// What one use of an archive looks at: enough to find a tree that was tampered with as a whole
// soon, little enough not to be felt among the calls that link its files.
constexpr std::size_t kSampledDirectories = 8;
constexpr std::size_t kSampledFiles = 12;
// So many archives are looked at like that in one use; of more, less.
constexpr std::size_t kSampledArchives = 4;
constexpr std::uint64_t kSampledDigestLimit = std::uint64_t{64} << 10U;

constexpr std::string_view kPycacheName = "__pycache__";
constexpr std::uint32_t kWritable = 0222;
constexpr std::uint32_t kOwners = 0700;

// Looks at the parts of one archive.
class Inspection {
 public:
  // `plan` and `directory` are borrowed.
  static Result<Inspection> Begin(os::FileSystem& filesystem, const ArchivePlan& plan,
                                  const std::string& directory) {
    FLOWSTONE_LET(const os::FileInfo info,
                  filesystem.Lstat(os::JoinPath(directory, kPlanFileName)));
    return Inspection(filesystem, plan, directory, info.modified_ns);
  }

  Status LookAtDirectory(const PlannedDirectory& planned) const {
    const std::string path = os::JoinPath(directory_, planned.path);
    FLOWSTONE_LET(const os::FileInfo info, Present(path));
    if (info.type != os::FileType::kDirectory) {
      return Changed(path);
    }
    return info.modified_ns > unpacked_ns_ ? CompareNames(path, planned) : Ok();
  }

  Status LookAtFile(const PlannedDirectory& planned, const PlannedFile& file) const {
    const std::string path = PathOf(planned, file);
    FLOWSTONE_LET(const os::FileInfo info, Present(path));
    if (info.type != os::FileType::kFile || info.size != file.size) {
      return Changed(path);
    }
    // The umask of who unpacked it may have taken away bits of the group and of others.
    if ((info.mode & kWritable) != 0 || (info.mode & kOwners) != (file.mode & kOwners)) {
      return Error{.code = ErrorCode::kCorrupt, .message = path + " has other permissions"};
    }
    return info.modified_ns > unpacked_ns_ ? ReadFile(planned, file) : Ok();
  }

  Status ReadFile(const PlannedDirectory& planned, const PlannedFile& file) const {
    const std::string path = PathOf(planned, file);
    const Result<os::FileDigest> actual = os::DigestOfFile(filesystem_, path);
    if (!actual) {
      return actual.error().code == ErrorCode::kNotFound ? Missing(path) : actual.error();
    }
    return actual->digest == file.digest ? Ok() : Status(Changed(path));
  }

 private:
  Inspection(os::FileSystem& filesystem, const ArchivePlan& plan, const std::string& directory,
             std::int64_t unpacked_ns)
      : filesystem_(filesystem), plan_(plan), directory_(directory), unpacked_ns_(unpacked_ns) {}

  std::string PathOf(const PlannedDirectory& planned, const PlannedFile& file) const {
    return directory_ + "/" + planned.path + "/" + file.name;
  }

  static Error Changed(const std::string& path) {
    return {.code = ErrorCode::kCorrupt, .message = path + " is not what was unpacked"};
  }
  static Error Missing(const std::string& path) {
    return {.code = ErrorCode::kCorrupt, .message = path + " is missing"};
  }

  Result<os::FileInfo> Present(const std::string& path) const {
    Result<os::FileInfo> info = filesystem_.Lstat(path);
    if (!info && info.error().code == ErrorCode::kNotFound) {
      return Missing(path);
    }
    return info;
  }

  // Something was added, removed or replaced in the directory, or it was copied. Python may have
  // written bytecode through an environment that links the directory.
  Status CompareNames(const std::string& path, const PlannedDirectory& planned) const {
    FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries, filesystem_.ListDirectory(path));
    std::vector<std::string> files;
    for (const os::DirectoryEntry& entry : entries) {
      if (entry.type != os::FileType::kDirectory) {
        files.push_back(entry.name);
      } else if (entry.name != kPycacheName &&
                 !IsPlannedDirectory(planned.path + "/" + entry.name)) {
        return Foreign(path + "/" + entry.name);
      }
    }
    for (const PlannedFile& file : planned.files) {
      if (std::erase(files, file.name) == 0) {
        return Missing(path + "/" + file.name);
      }
    }
    return files.empty() || os::BaseName(planned.path) == kPycacheName
               ? Ok()
               : Status(Foreign(path + "/" + files.front()));
  }

  static Error Foreign(const std::string& path) {
    return {.code = ErrorCode::kCorrupt, .message = path + " does not belong there"};
  }

  bool IsPlannedDirectory(const std::string& path) const {
    return std::ranges::binary_search(plan_.directories, path, {}, &PlannedDirectory::path);
  }

  os::FileSystem& filesystem_;
  const ArchivePlan& plan_;
  const std::string& directory_;
  std::int64_t unpacked_ns_;
};

// Up to `wanted` indices below `count`, spread evenly from one that `seed` chooses.
std::vector<std::size_t> SpreadSample(std::size_t count, std::size_t wanted, std::uint64_t seed) {
  std::vector<std::size_t> sample;
  const std::size_t size = std::min(count, wanted);
  sample.reserve(size);
  for (std::size_t i = 0; i < size; ++i) {
    sample.push_back((static_cast<std::size_t>(seed % count) + i * count / size) % count);
  }
  return sample;
}

// What one archive gets of a sample of kSampledArchives when it is divided.
std::size_t ShareOf(std::size_t sample, std::size_t shares) {
  return (sample * kSampledArchives + shares - 1) / shares;
}

struct FileInPlan {
  const PlannedDirectory* directory = nullptr;
  PlannedFile file;
};

// What samples are taken of: all directories but those that hold other links to the same files.
class SampledTree {
 public:
  explicit SampledTree(const ArchivePlan& plan) {
    directories_.reserve(plan.directories.size());
    for (const PlannedDirectory& directory : plan.directories) {
      if (!IsInRequestedTree(directory.path)) {
        directories_.push_back(&directory);
        file_count_ += directory.files.size();
      }
    }
  }

  const std::vector<const PlannedDirectory*>& directories() const { return directories_; }
  std::size_t file_count() const { return file_count_; }

  // The file with that number, counted through all directories. REQUIRES: there is one.
  FileInPlan FileAt(std::size_t index) const {
    auto directory = directories_.begin();
    while (index >= (*directory)->files.size()) {
      index -= (*directory)->files.size();
      ++directory;
    }
    return {.directory = *directory, .file = (*directory)->files[index]};
  }

 private:
  std::vector<const PlannedDirectory*> directories_;
  std::size_t file_count_ = 0;
};

}  // namespace

Status SampleArchive(os::FileSystem& filesystem, const ArchivePlan& plan,
                     const std::string& directory, std::uint64_t seed, std::size_t together) {
  FLOWSTONE_LET(const Inspection inspection, Inspection::Begin(filesystem, plan, directory));
  const SampledTree tree(plan);
  const std::size_t shares = std::max(together, kSampledArchives);
  const std::size_t directories = ShareOf(kSampledDirectories, shares);
  const std::size_t files = ShareOf(kSampledFiles, shares);
  for (const std::size_t i : SpreadSample(tree.directories().size(), directories, seed)) {
    FLOWSTONE_TRY(inspection.LookAtDirectory(*tree.directories()[i]));
  }
  bool has_read = seed % shares >= kSampledArchives;  // the turn of another archive
  for (const std::size_t i : SpreadSample(tree.file_count(), files, seed)) {
    const FileInPlan place = tree.FileAt(i);
    FLOWSTONE_TRY(inspection.LookAtFile(*place.directory, place.file));
    if (!has_read && place.file.size <= kSampledDigestLimit) {
      FLOWSTONE_TRY(inspection.ReadFile(*place.directory, place.file));
      has_read = true;
    }
  }
  return Ok();
}

Status CheckArchive(os::FileSystem& filesystem, const ArchivePlan& plan,
                    const std::string& directory) {
  FLOWSTONE_LET(const Inspection inspection, Inspection::Begin(filesystem, plan, directory));
  for (const PlannedDirectory& planned : plan.directories) {
    FLOWSTONE_TRY(inspection.LookAtDirectory(planned));
    for (const PlannedFile& file : planned.files) {
      FLOWSTONE_TRY(inspection.LookAtFile(planned, file));
    }
  }
  return Ok();
}

Status VerifyArchive(os::FileSystem& filesystem, const ArchivePlan& plan,
                     const std::string& directory) {
  FLOWSTONE_TRY(CheckArchive(filesystem, plan, directory));
  FLOWSTONE_LET(const Inspection inspection, Inspection::Begin(filesystem, plan, directory));
  for (const PlannedDirectory& planned : plan.directories) {
    for (const PlannedFile& file : planned.files) {
      FLOWSTONE_TRY(inspection.ReadFile(planned, file));
    }
  }
  return Ok();
}

}  // namespace flowstone::install
