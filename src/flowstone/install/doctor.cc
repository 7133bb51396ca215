#include "flowstone/install/doctor.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/install/environment_examination.h"
#include "flowstone/install/link_capabilities.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/private_layer.h"

namespace flowstone::install {
namespace {

Diagnosis Good(std::string subject, std::string finding) {
  return {.subject = std::move(subject),
          .health = Health::kGood,
          .finding = std::move(finding),
          .fix = {}};
}

// Whether programs can have layers of their own.
Diagnosis DiagnoseLayers(const CacheLayout& layout) {
  const std::string subject = "link mode overlay";
  const Status possible = os::ProbePrivateLayer(layout.environments());
  if (possible) {
    return Good(subject, "programs can have a private layer over their packages");
  }
  const Error& error = possible.error();
  return {.subject = subject,
          .health = Health::kWarning,
          .finding = "programs can have no private layer over their packages: " + error.message,
          .fix = JoinText(error.hints, "; ") +
                 "; or use --link-mode copy for packages that write " + "beside themselves"};
}

// Whether the cache can be written, and how environments come out of it.
std::vector<Diagnosis> DiagnoseDirectory(os::FileSystem& filesystem, const CacheLayout& layout) {
  const std::string subject = "cache directory " + layout.root();
  Status made = os::MakeDirectories(filesystem, layout.environments());
  const Result<LinkCapabilities> links =
      made ? MeasureLinks(filesystem, layout, layout.environments())
           : Result<LinkCapabilities>(made.error());
  if (!links) {
    return {{.subject = subject,
             .health = Health::kBad,
             .finding = "cannot be written: " + links.error().message,
             .fix = "make it writable, or set FLOWSTONE_HOME to a directory that is"}};
  }
  const LinkMode mode = links->BestForShared();
  std::vector<Diagnosis> found = {Good(subject, "can be written")};
  const std::string finding =
      std::string(LinkModeName(mode)) + ", because the file system has " + links->ToString();
  if (mode == LinkMode::kCopy) {
    found.push_back({.subject = "link mode of environments",
                     .health = Health::kWarning,
                     .finding = finding + ": every environment is a full copy",
                     .fix = "set FLOWSTONE_HOME to a directory on a local disk"});
  } else {
    found.push_back(Good("link mode of environments", finding));
  }
  found.push_back(DiagnoseLayers(layout));
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
std::string Complaint(os::FileSystem& filesystem, const CacheLayout& layout,
                      const std::string& directory) {
  const Result<EnvironmentStanding> standing = ExamineEnvironment(filesystem, layout, directory);
  return standing ? standing->complaint : standing.error().message;
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
    if (const std::string complaint = Complaint(filesystem, layout, directory);
        !complaint.empty()) {
      found.push_back({.subject = "environment " + entry.name.substr(0, 12),
                       .health = Health::kWarning,
                       .finding = complaint,
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
