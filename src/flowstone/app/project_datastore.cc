#include "flowstone/app/project_datastore.h"

#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::app {
namespace {

constexpr const char* kDirectoryName = ".flowstone";

Result<bool> IsDirectory(os::FileSystem& filesystem, const std::string& path) {
  const Result<os::FileInfo> info = filesystem.Stat(path);
  if (info) {
    return info->type == os::FileType::kDirectory;
  }
  if (info.error().code == ErrorCode::kNotFound) {
    return false;
  }
  return info.error();
}

}  // namespace

Result<std::string> LocateDatastore(const Machine& machine) {
  if (const auto configured = machine.environment.GetNonEmpty("FLOWSTONE_DATASTORE")) {
    if (configured->find("://") != std::string::npos) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "FLOWSTONE_DATASTORE is '" + *configured +
                              "', but this version keeps datastores in directories only",
                   .hints = {"set it to the path of a directory, or unset it"}};
    }
    return os::AbsolutePath(machine.working_directory, *configured);
  }
  std::string directory = os::NormalizePath(machine.working_directory);
  while (true) {
    const std::string candidate = os::JoinPath(directory, kDirectoryName);
    FLOWSTONE_LET(const bool found, IsDirectory(machine.filesystem, candidate));
    if (found) {
      return candidate;
    }
    if (directory == "/") {
      return os::JoinPath(machine.working_directory, kDirectoryName);
    }
    directory = os::DirName(directory);
  }
}

Result<std::unique_ptr<ProjectDatastore>> ProjectDatastore::Open(const Machine& machine,
                                                                 store::MissingDatastore missing) {
  FLOWSTONE_LET(std::string directory, LocateDatastore(machine));
  std::unique_ptr<ProjectDatastore> project(new ProjectDatastore());
  project->objects_ =
      std::make_unique<store::DirectoryObjectStore>(machine.filesystem, std::move(directory));
  FLOWSTONE_LET(project->datastore_,
                Annotate(store::Datastore::Open(*project->objects_, missing),
                         "while opening the datastore " + project->directory()));
  project->runs_ = std::make_unique<store::RunStore>(*project->datastore_);
  return project;
}

Result<std::unique_ptr<ProjectDatastore>> ProjectDatastore::OpenIfThere(const Machine& machine) {
  auto project = Open(machine, store::MissingDatastore::kRefuse);
  if (!project && project.error().code == ErrorCode::kNotFound) {
    return std::unique_ptr<ProjectDatastore>();
  }
  return project;
}

}  // namespace flowstone::app
