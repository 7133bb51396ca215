#include "flowstone/install/environment_examination.h"

#include <utility>

#include "flowstone/install/wheel_unpacker.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// What the environment is made of and does not have itself.
std::string MissingPart(os::FileSystem& filesystem, const CacheLayout& layout,
                        const EnvironmentRecord& record) {
  const Result<os::FileInfo> interpreter = filesystem.Stat(record.interpreter);
  if (!interpreter) {
    return "its interpreter " + record.interpreter + " is gone";
  }
  if (StampOf(*interpreter) != record.interpreter_stamp) {
    return "its interpreter " + record.interpreter + " was replaced";
  }
  if (record.link_mode == LinkMode::kSymlink) {
    for (const RecordedPackage& package : record.packages) {
      const std::string plan =
          os::JoinPath(layout.ArchiveDirectory(package.wheel, package.bytecode), kPlanFileName);
      if (!filesystem.Lstat(plan)) {
        return "the unpacked " + package.name + " " + package.version + " is gone";
      }
    }
  }
  return "";
}

}  // namespace

Result<EnvironmentStanding> ExamineEnvironment(os::FileSystem& filesystem,
                                               const CacheLayout& layout,
                                               const std::string& directory) {
  const Result<std::string> text =
      filesystem.ReadFile(os::JoinPath(directory, kEnvironmentRecordName));
  if (!text) {
    if (text.error().code != ErrorCode::kNotFound) {
      return Error(text.error());
    }
    FLOWSTONE_LET(const bool exists, os::Exists(filesystem, directory));
    return EnvironmentStanding{.usable = {}, .complaint = exists ? "its record is missing" : ""};
  }
  Result<EnvironmentRecord> record = EnvironmentRecord::Parse(*text);
  if (!record) {
    return EnvironmentStanding{.usable = {}, .complaint = "its record is damaged"};
  }
  std::string missing = MissingPart(filesystem, layout, *record);
  if (!missing.empty()) {
    return EnvironmentStanding{.usable = {}, .complaint = std::move(missing)};
  }
  return EnvironmentStanding{.usable = *std::move(record)};
}

}  // namespace flowstone::install
