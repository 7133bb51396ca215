#include "flowstone/build/wheel_builder.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "flowstone/index/wheel_metadata_text.h"
#include "flowstone/install/input_file_source.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::build {
namespace {

Result<BuildSystem> ReadBuildSystem(os::FileSystem& filesystem, const std::string& project) {
  const Result<std::string> pyproject =
      filesystem.ReadFile(os::JoinPath(project, "pyproject.toml"));
  if (pyproject) {
    return ParseBuildSystem(*pyproject);
  }
  FLOWSTONE_LET(const bool has_setup, os::Exists(filesystem, os::JoinPath(project, "setup.py")));
  FLOWSTONE_LET(const bool has_configuration,
                os::Exists(filesystem, os::JoinPath(project, "setup.cfg")));
  if (!has_setup && !has_configuration) {
    return Error{.code = ErrorCode::kInvalid,
                 .message =
                     "the source holds no Python project: it has neither pyproject.toml nor "
                     "setup.py",
                 .hints = {"name the directory of the project with #subdirectory=…"}};
  }
  return BuildSystem::Legacy();
}

Result<std::string> MetadataOfWheel(os::FileSystem& filesystem, const BuiltWheel& wheel) {
  FLOWSTONE_LET(const pypi::WheelName name, pypi::WheelName::Parse(wheel.file_name));
  FLOWSTONE_LET(auto file, filesystem.OpenInput(wheel.path));
  install::InputFileSource source(std::move(file));
  return index::ReadWheelMetadata(source, name.name);
}

}  // namespace

// A copy of the source, and the backend that works on it.
struct WheelBuilder::Workshop {
  explicit Workshop(install::StagingDirectory directory) : staging(std::move(directory)) {}

  install::StagingDirectory staging;
  std::string project;
  std::optional<Backend> backend;
};

WheelBuilder::WheelBuilder(Parts parts)
    : parts_(std::move(parts)), wheels_(parts_.filesystem, parts_.layout) {}

Result<std::optional<std::string>> WheelBuilder::StaticMetadata(const BuildTask& task) {
  const Source& source = task.source;
  const auto read = [&](const std::string& project) {
    return ReadStaticMetadata(parts_.filesystem, project, source.kind(), source.published);
  };
  if (source.origin == SourceOrigin::kDirectory) {
    return Annotate(read(os::JoinPath(source.path, source.subdirectory)),
                    "while reading " + task.title);
  }
  const Digest identity = source.Identity();
  FLOWSTONE_LET(std::optional<std::string> known, wheels_.FindMetadata(identity));
  if (known) {
    // Empty: it was looked at, and only building tells.
    return known->empty() ? std::nullopt : std::move(known);
  }
  FLOWSTONE_LET(const install::StagingDirectory staging,
                install::StagingDirectory::Create(parts_.filesystem, parts_.layout));
  FLOWSTONE_LET(
      const std::string project,
      Annotate(PlaceSource(parts_.filesystem, parts_.repositories, source, staging.path()),
               "while unpacking " + task.title));
  FLOWSTONE_LET(std::optional<std::string> text,
                Annotate(read(project), "while reading " + task.title));
  if (const Result<BuildSystem> system = ReadBuildSystem(parts_.filesystem, project)) {
    FLOWSTONE_TRY(wheels_.KeepSystem(identity, *system));
  }
  FLOWSTONE_TRY(wheels_.KeepMetadata(identity, text.value_or("")));
  return text;
}

Result<std::optional<BuildSystem>> WheelBuilder::KnownSystemOf(const BuildTask& task) {
  const Source& source = task.source;
  if (source.origin != SourceOrigin::kDirectory) {
    return wheels_.FindSystem(source.Identity());
  }
  FLOWSTONE_LET(
      BuildSystem system,
      Annotate(ReadBuildSystem(parts_.filesystem, os::JoinPath(source.path, source.subdirectory)),
               "while reading " + task.title));
  return std::optional(std::move(system));
}

Result<BuildSystem> WheelBuilder::SystemOf(const BuildTask& task) {
  FLOWSTONE_LET(std::optional<BuildSystem> known, KnownSystemOf(task));
  if (known) {
    return *std::move(known);
  }
  FLOWSTONE_LET(const install::StagingDirectory staging,
                install::StagingDirectory::Create(parts_.filesystem, parts_.layout));
  FLOWSTONE_LET(
      const std::string project,
      Annotate(PlaceSource(parts_.filesystem, parts_.repositories, task.source, staging.path()),
               "while unpacking " + task.title));
  FLOWSTONE_LET(BuildSystem system, Annotate(ReadBuildSystem(parts_.filesystem, project),
                                             "while reading " + task.title));
  FLOWSTONE_TRY(wheels_.KeepSystem(task.source.Identity(), system));
  return system;
}

Result<Digest> WheelBuilder::Key(const BuildTask& task) {
  FLOWSTONE_LET(const BuildSystem system, SystemOf(task));
  return KeyWith(task, system);
}

Result<std::optional<Digest>> WheelBuilder::KnownKey(const BuildTask& task) {
  FLOWSTONE_LET(const std::optional<BuildSystem> system, KnownSystemOf(task));
  if (!system || task.obstacle) {
    return std::optional<Digest>();
  }
  FLOWSTONE_LET(const Digest key, KeyWith(task, *system));
  return std::optional(key);
}

std::vector<pypi::Requirement> WheelBuilder::RequirementsOf(const BuildTask& task,
                                                            const BuildSystem& system) {
  std::vector<pypi::Requirement> requirements = system.requirements;
  requirements.insert(requirements.end(), task.requirements.begin(), task.requirements.end());
  return requirements;
}

Result<Digest> WheelBuilder::KeyWith(const BuildTask& task, const BuildSystem& system) {
  if (task.obstacle) {
    return *task.obstacle;
  }
  FLOWSTONE_LET(const Digest environment,
                Annotate(parts_.environments.Lock(RequirementsOf(task, system)),
                         "while resolving what building " + task.title + " needs"));
  std::map<std::string, std::string> variables = task.variables;
  variables.merge(CompilerVariables(parts_.environment));
  nlohmann::json document = {{"source", task.source.Identity().ToString()},
                             {"system", system.CanonicalJson()},
                             {"environment", environment.ToString()},
                             {"interpreter", parts_.environments.Interpreter().ToString()},
                             {"settings", task.settings},
                             {"variables", variables}};
  if (task.use == EditableUse::kEditable) {
    document["editable"] = task.source.path;  // the wheel points there
  }
  return Digest::Of("flowstone-build 1\n" +
                    document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

Result<std::unique_ptr<WheelBuilder::Workshop>> WheelBuilder::OpenWorkshop(const BuildTask& task,
                                                                           const Digest& key) {
  FLOWSTONE_LET(install::StagingDirectory staging,
                install::StagingDirectory::Create(parts_.filesystem, parts_.layout));
  auto workshop = std::make_unique<Workshop>(std::move(staging));
  FLOWSTONE_LET(const std::string root, parts_.filesystem.RealPath(workshop->staging.path()));
  std::string tree = os::JoinPath(task.source.path, task.source.subdirectory);
  if (task.use == EditableUse::kWheel) {
    tree = os::JoinPath(root, "source");
    FLOWSTONE_TRY(parts_.filesystem.MakeDirectory(tree, 0755));
    FLOWSTONE_LET(workshop->project,
                  Annotate(PlaceSource(parts_.filesystem, parts_.repositories, task.source, tree),
                           "while unpacking " + task.title));
  } else {
    FLOWSTONE_LET(workshop->project, parts_.filesystem.RealPath(tree));
  }
  FLOWSTONE_LET(BuildSystem system, Annotate(ReadBuildSystem(parts_.filesystem, workshop->project),
                                             "while reading " + task.title));
  FLOWSTONE_LET(std::string log, wheels_.LogFile(task.title, key));
  FLOWSTONE_TRY(os::RemoveTree(parts_.filesystem, log));
  const std::vector<pypi::Requirement> required = RequirementsOf(task, system);
  workshop->backend.emplace(
      Backend::Parts{.filesystem = parts_.filesystem,
                     .processes = parts_.processes,
                     .environment = parts_.environment,
                     .limits = parts_.limits,
                     .on_no_isolation =
                         [this, title = task.title](const Error& error) {
                           if (!std::exchange(has_warned_, true) && parts_.on_warning) {
                             parts_.on_warning(
                                 "building " + title +
                                 " without isolation, so its code can read your files and use "
                                 "the network: " +
                                 error.message);
                           }
                         }},
      Backend::Project{.title = task.title,
                       .source = workshop->project,
                       .workspace = os::JoinPath(root, "work"),
                       .log = std::move(log),
                       .system = std::move(system),
                       .settings = task.settings,
                       .variables = task.variables,
                       .use = task.use});
  Backend& backend = *workshop->backend;
  FLOWSTONE_TRY(backend.Prepare());
  const std::string frame = "while preparing to build " + task.title;
  FLOWSTONE_LET(BuildEnvironment environment,
                Annotate(parts_.environments.Provide(required), frame));
  backend.Use(std::move(environment));
  FLOWSTONE_LET(std::vector<pypi::Requirement> more, backend.Requirements());
  if (!more.empty()) {
    more.insert(more.begin(), required.begin(), required.end());
    FLOWSTONE_LET(BuildEnvironment complete, Annotate(parts_.environments.Provide(more), frame));
    backend.Use(std::move(complete));
  }
  return workshop;
}

Result<BuiltWheel> WheelBuilder::Build(const BuildTask& task, const Digest& key,
                                       Workshop& workshop) {
  FLOWSTONE_LET(const std::string path, workshop.backend->Wheel());
  FLOWSTONE_LET(const pypi::WheelName name,
                Annotate(pypi::WheelName::Parse(os::BaseName(path)),
                         "while looking at the wheel that was built of " + task.title));
  if (task.source.published && name.version.WithoutLocal() != *task.source.published &&
      name.version != *task.source.published) {
    return Error{ErrorCode::kInvalid,
                 "building " + task.title + " gave a wheel of version " + name.version.ToString()};
  }
  return wheels_.KeepWheel(key, path);
}

Result<std::string> WheelBuilder::Metadata(const BuildTask& task) {
  FLOWSTONE_LET(std::optional<std::string> known, StaticMetadata(task));
  if (known) {
    return *std::move(known);
  }
  FLOWSTONE_LET(const Digest key, Key(task));
  FLOWSTONE_LET(known, wheels_.FindMetadata(key));
  if (known) {
    return *std::move(known);
  }
  FLOWSTONE_LET(const std::optional<BuiltWheel> wheel, wheels_.FindWheel(key));
  std::string text;
  if (wheel) {
    FLOWSTONE_LET(text, MetadataOfWheel(parts_.filesystem, *wheel));
  } else {
    FLOWSTONE_LET(const std::unique_ptr<Workshop> workshop, OpenWorkshop(task, key));
    FLOWSTONE_LET(known, workshop->backend->Metadata());
    if (known) {
      FLOWSTONE_LET(text, Annotate(index::MetadataFields(*known),
                                   "while reading the metadata of " + task.title));
    } else {
      FLOWSTONE_LET(const BuiltWheel built, Build(task, key, *workshop));
      FLOWSTONE_LET(text, MetadataOfWheel(parts_.filesystem, built));
    }
  }
  FLOWSTONE_TRY(wheels_.KeepMetadata(key, text));
  return text;
}

Result<BuiltWheel> WheelBuilder::Wheel(const BuildTask& task) {
  FLOWSTONE_LET(const Digest key, Key(task));
  FLOWSTONE_LET(std::optional<BuiltWheel> known, wheels_.FindWheel(key));
  if (known) {
    return *std::move(known);
  }
  FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, parts_.layout.locks()));
  FLOWSTONE_LET(
      const std::unique_ptr<os::HeldLock> lock,
      parts_.filesystem.LockFile(parts_.layout.locks() + "/build-" + key.ToString() + ".lock"));
  FLOWSTONE_LET(known, wheels_.FindWheel(key));
  if (known) {
    return *std::move(known);  // another process built it meanwhile
  }
  FLOWSTONE_LET(const std::unique_ptr<Workshop> workshop, OpenWorkshop(task, key));
  return Build(task, key, *workshop);
}

}  // namespace flowstone::build
