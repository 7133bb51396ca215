// SourceBuilds: what the application builds, and with what. It joins the module `build` with our
// own resolving and installing (environments of backends), with the network, and with the
// datastore, where a team finds the wheels that one of it has built: workers never build.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/machine.h"
#include "flowstone/app/project_datastore.h"
#include "flowstone/app/source_files.h"
#include "flowstone/base/result.h"
#include "flowstone/build/built_wheels.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/build/git_repositories.h"
#include "flowstone/build/wheel_builder.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/interpreter.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version.h"

namespace flowstone::app {

// Where a direct reference leads: a wheel, or something to build one of.
struct LocatedReference {
  lock::DirectSource source = {};             // what a lock says of it
  std::optional<SourceFile> wheel = {};       // when it is one
  std::optional<build::BuildTask> task = {};  // when it is not
};

class SourceBuilds {
 public:
  struct Parts {
    const Machine& machine;
    const std::string& home;
    const install::Interpreter& interpreter;  // that wheels are built for
    // Of builds, and policies for what backends require.
    EnvironmentSettings settings;
    IndexWish indexes = {};                 // where that comes from
    ProjectDatastore* datastore = nullptr;  // may be null
    SourceFiles::OpenTransport open_transport;
    // Called before anything is used that was kept of earlier builds, so that it stays.
    std::function<void()> lease_kept;
  };
  // Borrows what `parts` refers to.
  explicit SourceBuilds(Parts parts);
  ~SourceBuilds();
  SourceBuilds(const SourceBuilds&) = delete;
  SourceBuilds& operator=(const SourceBuilds&) = delete;

  // Fetches or looks up what a reference names now. `project` is what is expected there, and may
  // be empty. kNotFound when nothing is there.
  Result<LocatedReference> Locate(const build::DirectReference& reference,
                                  const pypi::Name& project);
  // What a locked package with a place of its own names, with its commit and its hashes. Relative
  // paths start at `lock_directory`.
  Result<LocatedReference> Locate(const lock::LockedPackage& package,
                                  const std::string& lock_directory, const std::string& title);
  // The sdist of an index.
  Result<build::BuildTask> TaskOf(const pypi::Name& project, const lock::LockedFile& sdist,
                                  const std::string& lock_directory, const std::string& title);

  // From now on what builds require in the version of the runtime comes from this lock, as the
  // interpreter installs it.
  Status MatchRuntime(const lock::Lock& lock, const lock::SelectOptions& selection);

  // Without running anything, if that is enough to know.
  Result<std::optional<std::string>> StaticMetadata(const build::BuildTask& task);
  // That of a directory or a repository names the places that its `[tool.uv.sources]` gives its
  // requirements.
  Result<std::string> Metadata(const build::BuildTask& task);
  // As the backend says it, without those places.
  Result<std::string> MetadataAsBuilt(const build::BuildTask& task);
  Result<std::string> MetadataOfWheel(const SourceFile& wheel);
  // From the cache, the datastore, or built now.
  Result<build::BuiltWheel> Wheel(const build::BuildTask& task);
  // From the cache, if it is there. No side effects.
  Result<std::optional<build::BuiltWheel>> Find(const build::BuildTask& task);

  // What was said about building, one sentence each.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  class Environments;

  // The commit that a reference named when it was first met, and with which login.
  struct KnownCommit {
    std::string commit;
    std::string secret_url;
  };

  Result<std::string> WithSourcesOfRepository(const build::BuildTask& task,
                                              const std::string& metadata);
  Result<LocatedReference> LocateLocal(const build::DirectReference& reference);
  Result<LocatedReference> LocateArchive(const build::DirectReference& reference);
  LocatedReference LocatedArchive(const build::DirectReference& reference, SourceFile file);
  Result<LocatedReference> LocateRepository(const build::DirectReference& reference);
  // What is said about the builds of a project: settings, requirements, what speaks against it.
  void Instruct(const pypi::Name& project, build::BuildTask& task) const;
  // The requirement with the version that is installed with the package of that title.
  Result<pypi::Requirement> AsInRuntime(const pypi::Requirement& requirement,
                                        const std::string& title) const;
  void Warn(const std::string& text);
  Result<std::optional<build::BuiltWheel>> FindInDatastore(const Digest& key);
  Status KeepInDatastore(const Digest& key, const build::BuiltWheel& wheel);

  Parts parts_;
  install::CacheLayout layout_;
  SourceFiles files_;
  build::GitRepositories repositories_;
  build::BuiltWheels kept_;
  std::map<std::string, KnownCommit> commits_;  // by URL and revision
  std::vector<std::string> warnings_;
  // What is installed with what is built, by name; nothing while that is still being resolved.
  std::optional<std::map<pypi::Name, std::optional<pypi::Version>>> runtime_;
  std::unique_ptr<Environments> environments_;
  std::unique_ptr<build::WheelBuilder> builder_;
};

}  // namespace flowstone::app
