// WheelBuilder: a source → its metadata, its wheel.
//
// Metadata that cannot change is read without running anything (static_metadata.h). The rest is
// asked of the project's backend (PEP 517), which runs in an environment of what it requires, in a
// sandbox, on a copy of the source. What was built once for the same inputs is not built again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/build/backend.h"
#include "flowstone/build/build_environments.h"
#include "flowstone/build/built_wheels.h"
#include "flowstone/build/source_tree.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/process_runner.h"
#include "flowstone/pypi/requirement.h"

namespace flowstone::build {

struct BuildTask {
  std::string title;  // "numpy 2.1.0", "file:///home/me/pkg": for messages
  Source source;
  ConfigSettings settings = {};
  std::map<std::string, std::string> variables = {};  // in the environment of the hooks
  EditableUse use = EditableUse::kWheel;  // kEditable: of a directory, which is built in place
  // Besides what the build system of the source says.
  std::vector<pypi::Requirement> requirements = {};
  // Why nothing can be built of it; what it says of itself can be read all the same.
  std::optional<Error> obstacle = {};
};

class WheelBuilder {
 public:
  struct Parts {
    os::FileSystem& filesystem;
    os::ProcessRunner& processes;
    os::Environment environment;
    install::CacheLayout layout;
    GitRepositories& repositories;
    BuildEnvironments& environments;
    BuildLimits limits = {};
    // Called once, with a sentence, when hooks run without isolation.
    std::function<void(const std::string&)> on_warning = nullptr;
  };
  explicit WheelBuilder(Parts parts);

  // What is known without running anything.
  Result<std::optional<std::string>> StaticMetadata(const BuildTask& task);
  // The METADATA: static, cached, prepared by the backend, or of the built wheel.
  Result<std::string> Metadata(const BuildTask& task);
  // The wheel: cached or built.
  Result<BuiltWheel> Wheel(const BuildTask& task);
  // Names the inputs of a build: what a wheel is kept under, here and in a datastore.
  Result<Digest> Key(const BuildTask& task);
  // The same as far as it is known without looking into an archive or a repository.
  Result<std::optional<Digest>> KnownKey(const BuildTask& task);
  // A wheel that was built from the same inputs elsewhere.
  Result<BuiltWheel> Adopt(const Digest& key, const std::string& path) {
    return wheels_.KeepWheel(key, path);
  }
  Result<std::optional<BuiltWheel>> Find(const Digest& key) { return wheels_.FindWheel(key); }

 private:
  struct Workshop;
  Result<BuildSystem> SystemOf(const BuildTask& task);
  // Nothing when the source has to be unpacked to know.
  Result<std::optional<BuildSystem>> KnownSystemOf(const BuildTask& task);
  // What the environment of the backend is made of.
  static std::vector<pypi::Requirement> RequirementsOf(const BuildTask& task,
                                                       const BuildSystem& system);
  Result<Digest> KeyWith(const BuildTask& task, const BuildSystem& system);
  Result<std::unique_ptr<Workshop>> OpenWorkshop(const BuildTask& task, const Digest& key);
  Result<BuiltWheel> Build(const BuildTask& task, const Digest& key, Workshop& workshop);

  Parts parts_;
  BuiltWheels wheels_;
  bool has_warned_ = false;
};

}  // namespace flowstone::build
