#include "flowstone/install/installed_record.h"

#include <algorithm>
#include <utility>

#include "flowstone/os/path.h"
#include "flowstone/pypi/record.h"

namespace flowstone::install {

bool IsInRequestedTree(std::string_view directory) {
  return os::IsWithin(kRequestedTree, directory);
}

bool HasCommonRecord(const ArchivePlan& archive) {
  return std::ranges::none_of(archive.directories, [](const PlannedDirectory& directory) {
    return directory.path == "include" || directory.path.starts_with("include/");
  });
}

std::string InstalledRecord(const ArchivePlan& archive, const EnvironmentScheme& scheme,
                            const std::vector<AddedFile>& added) {
  std::vector<pypi::RecordRow> rows;
  rows.reserve(archive.FileCount() + added.size() + 1);
  const std::string dist_info = "site/" + archive.dist_info;
  for (const PlannedDirectory& directory : archive.directories) {
    if (IsInRequestedTree(directory.path)) {
      continue;
    }
    const std::string target =
        os::RelativePath(scheme.site_packages, scheme.DestinationOf(directory.path));
    const std::string prefix = target == "." ? "" : target + "/";
    for (const PlannedFile& file : directory.files) {
      if (directory.path != dist_info || file.name != "RECORD") {
        rows.push_back(pypi::RecordRow::Of(prefix + file.name, file.digest, file.size));
      }
    }
  }
  for (const AddedFile& file : added) {
    rows.push_back(pypi::RecordRow::Of(archive.dist_info + "/" + file.name,
                                       Digest::Of(file.content), file.content.size()));
  }
  rows.push_back({.path = archive.dist_info + "/RECORD"});
  std::ranges::sort(rows, {}, &pypi::RecordRow::path);
  return pypi::WriteRecord(rows);
}

}  // namespace flowstone::install
