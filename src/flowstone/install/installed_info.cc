#include "flowstone/install/installed_info.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/install/file_linker.h"
#include "flowstone/install/installed_record.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kInstalledRecordName = "RECORD";
constexpr std::string_view kRequestedName = "REQUESTED";
constexpr std::uint32_t kInfoMode = 0444;

// Writes new files and directories of an archive, and says what a plan has to say of them.
class InfoWriter {
 public:
  InfoWriter(os::FileSystem& filesystem, const std::string& directory)
      : filesystem_(filesystem),
        directory_(directory),
        linker_(filesystem, LinkMode::kHardlink, FileAccess::kReadOnly) {}

  Status MakeDirectory(std::string_view path) {
    return filesystem_.MakeDirectory(os::JoinPath(directory_, path), 0755);
  }

  Status Link(const std::string& from, const std::string& to) {
    return linker_.Place(os::JoinPath(directory_, from), os::JoinPath(directory_, to));
  }

  // Adds the file to `planned`, where it is written.
  Status Write(PlannedDirectory& planned, std::string_view name, std::string_view content) {
    const std::string path = os::JoinPath(directory_, os::JoinPath(planned.path, name));
    FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                  filesystem_.OpenOutput(path, os::Existing::kRefuse, kInfoMode));
    FLOWSTONE_TRY(file->Write(content));
    FLOWSTONE_TRY(file->Close());
    planned.files.Add({.name = std::string(name),
                       .size = content.size(),
                       .digest = Digest::Of(content),
                       .mode = kInfoMode,
                       .origin = FileOrigin::kGenerated});
    return Ok();
  }

 private:
  os::FileSystem& filesystem_;
  const std::string& directory_;
  FileLinker linker_;
};

// The dist-info directory and those in it.
bool IsInfo(const ArchivePlan& plan, std::string_view path) {
  return os::IsWithin("site/" + plan.dist_info, path);
}

}  // namespace

Status WriteInstalledInfo(os::FileSystem& filesystem, const std::string& directory,
                          ArchivePlan& plan) {
  if (!HasCommonRecord(plan)) {
    return Ok();
  }
  const EnvironmentScheme scheme = EnvironmentScheme::OfAny();
  const std::string record = InstalledRecord(plan, scheme, {});
  const std::string requested_record =
      InstalledRecord(plan, scheme, {{.name = std::string(kRequestedName), .content = ""}});
  InfoWriter writer(filesystem, directory);
  FLOWSTONE_TRY(writer.MakeDirectory(kRequestedTree));
  std::vector<PlannedDirectory> made = {{.path = std::string(kRequestedTree), .files = {}}};
  for (PlannedDirectory& planned : plan.directories) {
    if (!IsInfo(plan, planned.path)) {
      continue;
    }
    PlannedDirectory twin{
        .path = std::string(kRequestedTree) + planned.path.substr(planned.path.find('/')),
        .files = planned.files};
    FLOWSTONE_TRY(writer.MakeDirectory(twin.path));
    for (const PlannedFile& file : planned.files) {
      FLOWSTONE_TRY(
          writer.Link(os::JoinPath(planned.path, file.name), os::JoinPath(twin.path, file.name)));
    }
    if (planned.path == "site/" + plan.dist_info) {
      FLOWSTONE_TRY(writer.Write(twin, kRequestedName, ""));
      FLOWSTONE_TRY(writer.Write(twin, kInstalledRecordName, requested_record));
      FLOWSTONE_TRY(writer.Write(planned, kInstalledRecordName, record));
    }
    made.push_back(std::move(twin));
  }
  std::ranges::move(made, std::back_inserter(plan.directories));
  std::ranges::sort(plan.directories, {}, &PlannedDirectory::path);
  return Ok();
}

void DropInstalledInfo(ArchivePlan& plan) {
  std::erase_if(plan.directories, [](const PlannedDirectory& directory) {
    return IsInRequestedTree(directory.path);
  });
  for (PlannedDirectory& directory : plan.directories) {
    if (directory.path == "site/" + plan.dist_info) {
      directory.files.Remove(kInstalledRecordName);
    }
  }
}

}  // namespace flowstone::install
