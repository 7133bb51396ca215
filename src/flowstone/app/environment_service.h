// EnvironmentService: from what a step wishes to an environment that a task can use: an
// interpreter, a lock, a directory.
//
// A wish whose answer the datastore remembers is not resolved again, wheels that the datastore or
// the cache holds are not downloaded again, and an environment that exists is not built again. The
// network is not opened before something is really missing. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "flowstone/app/environment_wish.h"
#include "flowstone/app/machine.h"
#include "flowstone/app/package_connection.h"
#include "flowstone/app/project_datastore.h"
#include "flowstone/app/python_supply.h"
#include "flowstone/base/progress.h"
#include "flowstone/build/backend.h"
#include "flowstone/install/bytecode_backlog.h"
#include "flowstone/install/environment_builder.h"
#include "flowstone/install/interpreter_finder.h"
#include "flowstone/install/known_environments.h"
#include "flowstone/install/link_mode.h"
#include "flowstone/install/venv_sync.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"

namespace flowstone::app {

enum class LockUse : std::uint8_t {
  kRemember,  // take the lock file or the remembered lock, resolve when there is none
  kUpgrade,   // resolve anew, and remember that
  kLocked,    // as kRemember, but kNotFound where there is no lock
};

// How sources are built, where they may be (resolve::BinaryPolicies).
struct BuildSettings {
  build::BuildLimits limits = {};
  resolve::BuildWish wish = {};
  // What is being built around this, outermost first: nobody can wait for himself.
  std::vector<std::string> stack = {};
};

// What restricts, replaces and leaves out requirements of every wish.
struct RequirementRules {
  std::vector<resolve::RequestedRequirement> constraints = {};
  std::vector<resolve::RequestedRequirement> overrides = {};
  std::vector<pypi::Name> excludes = {};
};

struct EnvironmentSettings {
  PackageConnection::Options packages;  // its cache directory is set by the service
  LockUse lock_use = LockUse::kRemember;
  // Packages whose locked versions do not count: the lock is resolved again, and they may move.
  std::vector<pypi::Name> upgrade_packages;
  std::optional<std::int64_t> exclude_newer_us;
  resolve::CutOffKind exclude_newer_kind = resolve::CutOffKind::kMoment;
  std::string exclude_newer_origin;  // who set it, for messages: "--exclude-newer"
  // Another moment for single projects; none: all their files exist.
  std::map<pypi::Name, std::optional<std::int64_t>> exclude_newer_of_us;
  std::vector<pypi::StatedMetadata> stated_metadata;
  resolve::HashPolicy hashes = resolve::HashPolicy::kWhereNamed;
  resolve::ResolvePolicies policies;
  RequirementRules rules;
  install::BytecodeUse bytecode = install::BytecodeUse::kWhereThere;
  std::string launcher;  // sys.executable of the launching Python; empty when there is none
  BuildSettings builds;
  install::LinkWish links;
  PythonSettings pythons;
  resolve::Leftovers leftovers = resolve::Leftovers::kDestroyed;
};

// Where the time of a resolve went.
struct ResolvePhases {
  std::int64_t pages_ns = 0;  // asking for pages of projects and waiting for them
  std::int64_t metadata_ns = 0;
  std::int64_t solving_ns = 0;  // all the rest of the resolve
  std::int64_t writing_ns = 0;  // the text of the lock, and its file
};

// What it took to resolve.
struct ResolveCounters {
  std::uint64_t pages = 0;            // of projects, read ahead or asked for
  std::uint64_t cached_pages = 0;     // of them
  std::uint64_t metadata = 0;         // of releases, the same
  std::uint64_t cached_metadata = 0;  // of them
  std::uint64_t candidates = 0;
  std::uint64_t decisions = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t requests = 0;  // to servers, with those that were tried again
  std::uint64_t bytes = 0;     // of their answers
  std::int64_t nanoseconds = 0;
  std::optional<ResolvePhases> phases = {};  // where they are measured: index::CallTiming
};

struct LockedEnvironment {
  install::Interpreter interpreter = {};
  lock::Lock lock = {};
  std::string directory = "/";         // absolute: relative paths in the lock start here
  std::string text = {};               // of the pylock.toml
  lock::SelectOptions selection = {};  // what of the lock is taken
  IndexWish indexes = {};              // whose credentials its files may need
  enum class Origin : std::uint8_t { kRemembered, kResolved, kGiven };
  Origin origin = Origin::kRemembered;
  std::string file = {};                         // kGiven: the lock file, for messages
  std::optional<ResolveCounters> counters = {};  // kResolved
  std::vector<std::string> warnings = {};
  std::vector<resolve::MissingWheels> missing_wheels = {};

  // The lock's name in the datastore: of the text.
  Digest digest() const { return Digest::Of(text); }
};

class SourceBuilds;  // source_builds.h

class EnvironmentService {
 public:
  // `home` is Flowstone's home directory. Everything outlives the service; `datastore` may be null:
  // then nothing is remembered.
  EnvironmentService(const Machine& machine, const std::string& home, ProjectDatastore* datastore,
                     ProgressSink& progress, EnvironmentSettings settings);
  ~EnvironmentService();
  EnvironmentService(const EnvironmentService&) = delete;
  EnvironmentService& operator=(const EnvironmentService&) = delete;

  // The interpreter for a Python request; empty text: the launching one, or the first on PATH. Each
  // request is answered once. Where nothing installed matches, the best build is installed if the
  // settings let downloads happen by themselves.
  Result<install::Interpreter> FindPython(const std::string& request);
  // The same among those that are installed.
  Result<install::FoundInterpreter> FindInstalledPython(const std::string& request);
  // Interpreters that are not installed.
  PythonSupply& pythons() { return supply_; }
  // Begins to fetch what resolving `wish` needs in any case, so that servers answer while an
  // interpreter is started to be asked what it is. Failures are for Lock to report.
  void FetchAhead(const EnvironmentWish& wish);
  // The request that a wish is for that interpreter. `origin` says who asks ("step train").
  resolve::ResolveRequest RequestOf(const EnvironmentWish& wish, const std::string& origin,
                                    const install::Interpreter& interpreter) const;
  // The remembered lock, or a new one. `origin` says who asks. kConflict with the chain of reasons
  // when the wish cannot be fulfilled.
  Result<LockedEnvironment> Lock(const EnvironmentWish& wish, const std::string& origin);
  // The METADATA that the backend of the project in `directory` (absolute) gives, built as the wish
  // says; and what was said about building it.
  struct BackendAnswer {
    std::string metadata;
    std::vector<std::string> warnings;
  };
  Result<BackendAnswer> AskBackend(const std::string& directory, const pypi::Name& project,
                                   const EnvironmentWish& wish);
  // A lock from elsewhere, for the interpreter that `python` asks for. `directory` is where it
  // lies.
  Result<LockedEnvironment> UseLock(const std::string& text, const std::string& python,
                                    const std::string& directory);
  // Versions that all later resolutions take while nothing speaks against them: those of an older
  // lock, but not of the packages that are to be upgraded. Every lock that Lock() gives counts
  // too, so that the steps of a flow agree where they can.
  void Prefer(const lock::Lock& lock);
  // Keeps the text of a lock that a run record is going to name.
  Status Keep(const LockedEnvironment& locked);
  Result<install::Environment> Prepare(const LockedEnvironment& locked);
  // What UseLock and Prepare would give for these, of an environment that they gave before and that
  // is still there; nothing when that takes reading the lock.
  Result<std::optional<install::Environment>> PrepareKnown(const std::string& text,
                                                           const std::string& python,
                                                           const std::string& directory,
                                                           const lock::SelectOptions& selection);
  // What Prepare built environments of since the last call although its bytecode was not there, by
  // interpreter; nothing unless the settings want it compiled in the background.
  std::vector<install::BytecodeWish> TakeUncompiled() { return std::exchange(uncompiled_, {}); }
  // Makes the virtual environment in `directory`, which is absolute, have the packages of the lock;
  // kInvalid when it is one of another Python than the lock was opened for.
  Result<install::VenvSyncReport> SyncInto(const LockedEnvironment& locked,
                                           const std::string& directory, install::SyncDepth depth);
  // The environment of a lock if it is there. No side effects.
  Result<std::optional<install::Environment>> Find(const LockedEnvironment& locked);
  // What a lock was remembered for a wish, if any. No side effects.
  Result<std::optional<LockedEnvironment>> FindLock(const EnvironmentWish& wish);

  install::InterpreterList AllPythons();
  const std::string& home() const { return home_; }
  LockUse lock_use() const { return settings_.lock_use; }
  // Whether a lock that answers is the answer: nothing is to be upgraded.
  bool keeps_locks() const {
    return settings_.lock_use != LockUse::kUpgrade && settings_.upgrade_packages.empty();
  }

 private:
  class DatastoreArtifacts;
  class LazyArchives;

  Result<install::Interpreter> LookForPython(const std::string& request);
  // REQUIRES: there is a datastore.
  Result<std::optional<LockedEnvironment>> Remembered(const Digest& request,
                                                      const install::Interpreter& interpreter);
  Result<LockedEnvironment> ResolveNow(const EnvironmentWish& wish,
                                       const resolve::ResolveRequest& request,
                                       const install::Interpreter& interpreter);
  std::unique_ptr<SourceBuilds> Builds(const IndexWish& indexes,
                                       const install::Interpreter& interpreter,
                                       EnvironmentSettings settings);
  std::unique_ptr<SourceBuilds> BuildsFor(const IndexWish& indexes,
                                          const install::Interpreter& interpreter,
                                          const resolve::ResolveRequest& request);
  // With the cut-off, the constraints and the settings that the lock records, so that its sources
  // give on every machine what they gave when it was made.
  Result<std::unique_ptr<SourceBuilds>> BuildsFor(const LockedEnvironment& locked);
  // What the environment of a lock consists of. Sources in it are built.
  Result<install::EnvironmentSpec> SpecOf(const LockedEnvironment& locked,
                                          std::vector<std::string>& warnings);
  // The same, or nothing when something would have to be built. No side effects.
  Result<std::optional<install::EnvironmentSpec>> KnownSpecOf(const LockedEnvironment& locked);
  install::EnvironmentBuilder BuilderWith(install::ArchiveProvider& archives) const;
  // Whether the settings change nothing about which wheels a lock gives.
  bool TakesLocksAsTheyAre() const;
  // For PrepareKnown, where it may answer.
  void RememberKnown(const LockedEnvironment& locked, const install::EnvironmentSpec& spec,
                     const Digest& id) const;
  Result<std::optional<install::Environment>> TakeKnown(const install::Interpreter& interpreter,
                                                        const install::KnownEnvironment& known);
  // What everyone who uses an environment gets with it.
  install::Environment InUse(install::Environment environment, std::size_t package_count) const;
  // Remembers, for TakeUncompiled, which archives of a new environment have no bytecode.
  void NoteUncompiled(const LockedEnvironment& locked, const LazyArchives& archives);
  // What was not used for a day goes, when an error says that the disk is too small. The bytes that
  // became free; none when nothing did, or there is another reason.
  std::uint64_t MakeRoom(const Error& error);
  // Keeps what was built before from being cleaned away, from now on.
  void LeaseBuilds();
  // The network and the indexes as configured, or those that a decorator names.
  Result<PackageConnection*> Connection(const IndexWish& indexes);

  const Machine& machine_;
  const std::string home_;
  const install::CacheLayout layout_;
  ProjectDatastore* const datastore_;
  ProgressSink& progress_;
  EnvironmentSettings settings_;
  install::InterpreterProbe probe_;
  install::InterpreterFinder finder_;
  PythonSupply supply_;
  std::map<IndexWish, std::unique_ptr<PackageConnection>> connections_;  // those in use so far
  std::map<std::string, install::Interpreter> pythons_;                  // by request
  std::vector<std::pair<pypi::Name, pypi::Version>> preferences_;
  std::unordered_set<pypi::Name> preferred_;  // that have one
  std::vector<install::BytecodeWish> uncompiled_;
  std::optional<os::FileLock> builds_lease_;  // shared, of everything that was built
  std::unique_ptr<install::ArchiveCache> archives_;
  std::unique_ptr<DatastoreArtifacts> artifacts_;  // null without a datastore
};

}  // namespace flowstone::app
