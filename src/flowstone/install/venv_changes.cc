#include "flowstone/install/venv_changes.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>

#include "flowstone/install/installed_record.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/version.h"

namespace flowstone::install {
namespace {

// In the order of VenvAction.
constexpr std::array<std::string_view, 6> kActionNames = {"add",    "update", "replace",
                                                          "remove", "keep",   "leave"};

bool IsSameVersion(const std::string& a, const std::string& b) {
  const auto first = pypi::Version::Parse(a);
  const auto second = pypi::Version::Parse(b);
  return first && second ? *first == *second : a == b;
}

// Whether the files of the wheel are listed, with their hashes, and are there. Programs and what
// describes the installation are the installer's own.
bool HasFilesOf(const PlannedPackage& planned, const InstalledPackage& installed,
                const EnvironmentScheme& scheme, const SizeOfFile& size_of) {
  std::unordered_map<std::string_view, const pypi::RecordRow*> rows;
  for (const pypi::RecordRow& row : *installed.record) {
    rows.emplace(row.path, &row);
  }
  for (const PlannedDirectory& directory : planned.archive.directories) {
    if (IsInRequestedTree(directory.path)) {
      continue;
    }
    const std::string target =
        os::RelativePath(scheme.site_packages, scheme.DestinationOf(directory.path));
    const std::string prefix = target == "." ? "" : target + "/";
    for (const PlannedFile& file : directory.files) {
      const std::string path = prefix + file.name;
      if (file.origin != FileOrigin::kWheel) {
        if (directory.path == "bin" && !size_of(path)) {
          return false;
        }
        continue;
      }
      const auto row = rows.find(path);
      if (row == rows.end() || size_of(path) != file.size) {
        return false;
      }
      const Result<Digest> digest = row->second->Sha256();
      if (!digest || *digest != file.digest) {
        return false;
      }
    }
  }
  return true;
}

// Others write REQUESTED and direct_url.json by their own rules.
bool IsDescribedAlike(const PlannedPackage& planned, const InstalledPackage& installed) {
  return !installed.is_ours() || (installed.is_requested == (planned.wish == Wish::kRequested) &&
                                  installed.direct_url == planned.direct_url);
}

Error CannotRemove(const InstalledPackage& installed) {
  return Error{.code = ErrorCode::kConflict,
               .message = installed.name + " " + installed.version +
                          " is in the environment, and which files are its is nowhere written"}
      .WithHint("remove " + installed.dist_info +
                " and what belongs to it with the tool that installed it");
}

}  // namespace

std::string_view VenvActionName(VenvAction action) {
  return kActionNames.at(static_cast<std::size_t>(action));
}

Result<std::vector<VenvChange>> PlanVenvChanges(std::span<const PlannedPackage> packages,
                                                std::span<const InstalledPackage> installed,
                                                const EnvironmentScheme& scheme,
                                                const SizeOfFile& size_of) {
  std::map<std::string, VenvChange> changes;  // by name
  for (std::size_t i = 0; i < packages.size(); ++i) {
    const ArchivePlan& archive = packages[i].archive;
    changes[archive.name] = {
        .action = VenvAction::kAdd, .name = archive.name, .after = archive.version, .planned = i};
  }
  for (std::size_t i = 0; i < installed.size(); ++i) {
    const InstalledPackage& old = installed[i];
    VenvChange& change = changes[old.name];
    change.name = old.name;
    change.before = old.version;
    change.installed.push_back(i);
    if (!change.planned) {
      const bool goes = old.is_ours() && old.record;
      change.action = goes ? VenvAction::kRemove : VenvAction::kLeave;
      change.after = goes ? "" : old.version;
      continue;
    }
    if (!old.record) {
      return CannotRemove(old);
    }
    const PlannedPackage& planned = packages[*change.planned];
    if (!IsSameVersion(old.version, planned.archive.version)) {
      change.action = VenvAction::kUpdate;
    } else if (change.installed.size() == 1 && HasFilesOf(planned, old, scheme, size_of) &&
               IsDescribedAlike(planned, old)) {
      change.action = VenvAction::kKeep;
    } else {
      change.action = VenvAction::kReplace;
    }
  }
  std::vector<VenvChange> sorted;
  sorted.reserve(changes.size());
  for (auto& [name, change] : changes) {
    sorted.push_back(std::move(change));
  }
  return sorted;
}

}  // namespace flowstone::install
