#include "flowstone/install/doctor.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "flowstone/install/environment_record.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

Diagnosis Good(std::string subject, std::string finding) {
  return {.subject = std::move(subject),
          .health = Health::kGood,
          .finding = std::move(finding),
          .fix = {}};
}

Status WriteProbe(os::FileSystem& filesystem, const std::string& path) {
  FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                filesystem.OpenOutput(path, os::Existing::kReplace, 0644));
  FLOWSTONE_TRY(file->Write("probe"));
  return file->Close();
}

// Whether the cache can be written and hard links work in it.
std::vector<Diagnosis> DiagnoseDirectory(os::FileSystem& filesystem, const CacheLayout& layout) {
  const std::string subject = "cache directory " + layout.root();
  const Result<StagingDirectory> staging = StagingDirectory::Create(filesystem, layout);
  const std::string probe = staging ? os::JoinPath(staging->path(), "probe") : "";
  const Status written = staging ? WriteProbe(filesystem, probe) : Status(Error(staging.error()));
  if (!written) {
    return {{.subject = subject,
             .health = Health::kBad,
             .finding = "cannot be written: " + written.error().message,
             .fix = "make it writable, or set FLOWSTONE_HOME to a directory that is"}};
  }
  std::vector<Diagnosis> found = {Good(subject, "can be written")};
  if (const Status linked = filesystem.MakeHardLink(probe, probe + "-link"); linked) {
    found.push_back(Good("hard links", "work in the cache"));
  } else {
    found.push_back({.subject = "hard links",
                     .health = Health::kWarning,
                     .finding = "do not work in the cache, so every environment is a full copy: " +
                                linked.error().message,
                     .fix = "set FLOWSTONE_HOME to a directory on a local disk"});
  }
  return found;
}

// All archives, as they were unpacked and with bytecode.
Result<std::vector<ArchiveKey>> AllArchives(ArchiveCache& cache) {
  FLOWSTONE_LET(const std::vector<Digest> wheels, cache.List());
  FLOWSTONE_LET(std::vector<ArchiveKey> archives, cache.ListCompiled());
  archives.reserve(archives.size() + wheels.size());
  for (const Digest& wheel : wheels) {
    archives.push_back({.wheel = wheel, .bytecode = {}});
  }
  return archives;
}

std::vector<Diagnosis> DiagnoseArchives(os::FileSystem& filesystem, const CacheLayout& layout,
                                        Depth depth) {
  ArchiveCache cache(filesystem, layout);
  const Result<std::vector<ArchiveKey>> archives = AllArchives(cache);
  if (!archives) {
    return {{.subject = "archives",
             .health = Health::kBad,
             .finding = archives.error().message,
             .fix = "remove " + layout.archives() + " and " + layout.compiled_archives()}};
  }
  std::vector<Diagnosis> found;
  for (const auto& [wheel, bytecode] : *archives) {
    const Status state = depth == Depth::kThorough ? cache.Verify(wheel, bytecode)
                                                   : cache.CheckPresent(wheel, bytecode);
    if (!state) {
      found.push_back({.subject = "archive " + wheel.ToString(),
                       .health = Health::kBad,
                       .finding = state.error().message,
                       .fix = "remove " + layout.ArchiveDirectory(wheel, bytecode) +
                              "; it is made again when it is needed"});
    }
  }
  if (found.empty()) {
    const auto compiled = std::ranges::count_if(
        *archives, [](const auto& archive) { return !archive.bytecode.empty(); });
    const std::size_t unpacked = archives->size() - static_cast<std::size_t>(compiled);
    found.push_back(Good("archives", std::to_string(unpacked) + " unpacked, " +
                                         std::to_string(compiled) + " with bytecode, all " +
                                         (depth == Depth::kThorough ? "verified" : "complete")));
  }
  return found;
}

// What is wrong with one environment, if anything is.
std::optional<std::string> Complaint(os::FileSystem& filesystem, const std::string& directory) {
  const Result<std::string> text =
      filesystem.ReadFile(os::JoinPath(directory, kEnvironmentRecordName));
  if (!text) {
    return text.error().message;
  }
  const Result<EnvironmentRecord> record = EnvironmentRecord::Parse(*text);
  if (!record) {
    return record.error().message;
  }
  const Result<os::FileInfo> interpreter = filesystem.Stat(record->interpreter);
  if (!interpreter) {
    return "its interpreter " + record->interpreter + " is gone";
  }
  if (StampOf(*interpreter) != record->interpreter_stamp) {
    return "its interpreter " + record->interpreter + " was replaced";
  }
  return std::nullopt;
}

std::vector<Diagnosis> DiagnoseEnvironments(os::FileSystem& filesystem, const CacheLayout& layout) {
  const Result<std::vector<os::DirectoryEntry>> entries =
      filesystem.ListDirectory(layout.environments());
  if (!entries) {
    return {};  // none was ever built
  }
  std::vector<Diagnosis> found;
  for (const os::DirectoryEntry& entry : *entries) {
    const std::string directory = os::JoinPath(layout.environments(), entry.name);
    if (const std::optional<std::string> complaint = Complaint(filesystem, directory)) {
      found.push_back({.subject = "environment " + entry.name.substr(0, 12),
                       .health = Health::kWarning,
                       .finding = *complaint,
                       .fix = "nothing to do: it is rebuilt when it is next asked for; remove " +
                              directory + " to free its space"});
    }
  }
  if (found.empty()) {
    found.push_back(Good("environments", std::to_string(entries->size()) + " built, all usable"));
  }
  return found;
}

}  // namespace

std::vector<Diagnosis> Diagnose(os::FileSystem& filesystem, const CacheLayout& layout,
                                Depth depth) {
  std::vector<Diagnosis> found = DiagnoseDirectory(filesystem, layout);
  for (std::vector<Diagnosis> part : std::array{DiagnoseArchives(filesystem, layout, depth),
                                                DiagnoseEnvironments(filesystem, layout)}) {
    std::ranges::move(part, std::back_inserter(found));
  }
  return found;
}

}  // namespace flowstone::install
