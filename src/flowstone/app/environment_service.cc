#include "flowstone/app/environment_service.h"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "flowstone/app/building_source.h"
#include "flowstone/app/direct_references.h"
#include "flowstone/app/locked_sources.h"
#include "flowstone/app/package_places.h"
#include "flowstone/app/source_builds.h"
#include "flowstone/base/check.h"
#include "flowstone/install/archive_claim.h"
#include "flowstone/install/cache_cleaner.h"
#include "flowstone/install/compiled_archives.h"
#include "flowstone/install/disk_space.h"
#include "flowstone/install/locked_packages.h"
#include "flowstone/install/wheel_fetcher.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/resolve/offline_report.h"
#include "flowstone/resolve/request_record.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/version.h"

namespace flowstone::app {
namespace {

// The interpreter's own target, unless it is left out, and the further ones.
std::vector<pypi::Target> TargetsOf(const EnvironmentWish& wish, const pypi::Target& own) {
  std::vector<pypi::Target> targets;
  if (wish.own_platform == OwnPlatform::kIncluded) {
    targets.push_back(own);
  }
  for (const pypi::TargetPlatform& platform : wish.platforms) {
    Result<pypi::Target> target =
        platform.With(wish.platform_python.value_or(own.python_full_version));
    FLOWSTONE_CHECK(target.has_value());
    targets.push_back(*std::move(target));
  }
  return targets;
}

Result<install::EnvironmentSpec> SpecOfLock(const LockedEnvironment& locked, const lock::Lock& lock,
                                            install::BytecodeUse bytecode) {
  install::EnvironmentSpec spec{
      .interpreter = locked.interpreter, .packages = {}, .bytecode = bytecode};
  FLOWSTONE_LET(spec.packages, install::PackagesOfLock(lock, locked.interpreter.target,
                                                       locked.selection, locked.directory));
  return spec;
}

// What a directory of this machine asks for may be something else than yesterday.
bool HasLocalReferences(const resolve::ResolveRequest& request) {
  return std::ranges::any_of(request.requirements, [](const auto& wish) {
    return wish.requirement.url.starts_with("file:");
  });
}

// Those of the wish, but for projects that the command line pins to an index (--index-for).
std::vector<project::IndexChoice> IndexChoicesOf(const EnvironmentWish& wish,
                                                 const index::IndexRequest& request) {
  std::vector<project::IndexChoice> choices = wish.index_choices;
  std::erase_if(choices, [&](const project::IndexChoice& choice) {
    return std::ranges::any_of(request.pins, [&](const std::string& pin) {
      const auto name = pypi::Name::Parse(pin.substr(0, pin.find('=')));
      return name && *name == choice.project;
    });
  });
  return choices;
}

ResolveCounters CountersOf(const solve::SolveStatistics& statistics,
                           const PackageConnection& connection) {
  const index::IndexCounters read = connection.counters();
  const net::TransferCounters transfers = connection.transfers();
  return {.pages = read.pages,
          .cached_pages = read.cached_pages,
          .metadata = read.metadata,
          .cached_metadata = read.cached_metadata,
          .candidates = statistics.details_asked,
          .decisions = statistics.decisions,
          .conflicts = statistics.conflicts,
          .requests = transfers.requests,
          .bytes = transfers.bytes};
}

// Of a resolve that took so long, and before which the index had counted `before`.
ResolvePhases PhasesOf(const index::IndexCounters& before, const index::IndexCounters& after,
                       std::int64_t resolving_ns, std::int64_t writing_ns) {
  ResolvePhases phases{.pages_ns = after.pages_ns - before.pages_ns,
                       .metadata_ns = after.metadata_ns - before.metadata_ns,
                       .writing_ns = writing_ns};
  phases.solving_ns = resolving_ns - phases.pages_ns - phases.metadata_ns;
  return phases;
}

// What was left out of the configuration may be why there is no answer.
Error WithWarnings(Error error, const PackageConnection& connection) {
  error.hints.insert(error.hints.end(), connection.warnings().begin(), connection.warnings().end());
  return error;
}

// An error about a cache that cannot be written says what helps.
Error WithCacheHint(Error error, const std::string& root) {
  const bool is_about_cache =
      error.code == ErrorCode::kDenied && error.message.find(root) != std::string::npos;
  return is_about_cache
             ? std::move(error).WithHint(
                   "make the cache writable, or set FLOWSTONE_HOME to a directory that is")
             : error;
}

// Name → URL as project pages have it, of the indexes that were given a name.
std::map<std::string, std::string> IndexNames(const index::IndexSettings& settings) {
  std::map<std::string, std::string> names;
  for (const index::IndexDefinition& definition : settings.indexes) {
    const Result<net::Url> url = net::Url::Parse(definition.url);
    if (!definition.name.empty() && url) {
      names.emplace(definition.name, url->Redacted());
    }
  }
  return names;
}

constexpr std::int64_t kDayNs = std::int64_t{86'400} * 1'000'000'000;

// That an environment is used is noted once a day: cleaning goes by it.
void NoteUse(const install::Environment& environment, std::int64_t now_ns) {
  if (environment.lease == nullptr) {
    return;
  }
  const Result<std::int64_t> noted_ns = environment.lease->ModifiedNs();
  if (noted_ns && *noted_ns < now_ns - kDayNs) {
    static_cast<void>(environment.lease->SetModifiedNs(now_ns));  // who may not write need not
  }
}

// Where interpreters are looked for.
install::SearchSettings PlacesOf(const Machine& machine, const EnvironmentSettings& settings,
                                 const install::CacheLayout& layout) {
  if (settings.pythons.search == PythonSearch::kOwnOnly) {
    return {.own_trees = {layout.pythons()}};
  }
  return install::SearchSettings::FromEnvironment(machine.environment,
                                                  {.launcher = settings.launcher,
                                                   .working_directory = machine.working_directory,
                                                   .own_tree = layout.pythons()});
}

}  // namespace

// Wheels of the datastore, and the keeping of what was downloaded.
class EnvironmentService::DatastoreArtifacts final : public install::ArtifactSource,
                                                     public install::ArtifactObserver {
 public:
  DatastoreArtifacts(store::Datastore& datastore, os::FileSystem& filesystem)
      : datastore_(datastore), filesystem_(filesystem) {}

  Result<install::Lookup> CopyTo(const install::WheelArtifact& artifact,
                                 const std::string& path) override {
    const Status fetched = datastore_.FetchArtifact(artifact.digest, filesystem_, path);
    if (fetched) {
      return install::Lookup::kFound;
    }
    if (fetched.error().code == ErrorCode::kNotFound) {
      return install::Lookup::kAbsent;
    }
    return fetched.error();
  }

  // What is downloaded is kept; what the cache has already is not downloaded for the keeping alone.
  bool NeedsBytes(const install::WheelArtifact& /*artifact*/) override { return false; }

  Status Downloaded(const install::WheelArtifact& artifact, const std::string& path) override {
    FLOWSTONE_TRY(datastore_.PutArtifact(artifact.digest, filesystem_, path));
    return Ok();
  }

 private:
  store::Datastore& datastore_;
  os::FileSystem& filesystem_;
};

// Opens the connection when the first wheel is really missing.
class EnvironmentService::LazyArchives final : public install::ArchiveProvider {
 public:
  // `interpreter` is borrowed. Without `bytecode` archives are as they were unpacked.
  LazyArchives(EnvironmentService& service, IndexWish indexes,
               const install::Interpreter& interpreter,
               std::optional<install::BytecodeUse> bytecode)
      : service_(service),
        indexes_(std::move(indexes)),
        interpreter_(interpreter),
        bytecode_(bytecode) {}

  Result<std::vector<install::ArchivePlan>> Provide(
      std::span<const install::WheelArtifact> wheels) override {
    FLOWSTONE_LET(PackageConnection * connection, service_.Connection(indexes_));
    const bool offline = service_.settings_.packages.mode == index::FetchMode::kOffline;
    install::WheelFetcher fetcher(
        {.filesystem = service_.machine_.filesystem,
         .transport = connection->transport(),
         .cache = *service_.archives_,
         .clock = service_.machine_.clock,
         .progress = service_.progress_,
         .source = service_.artifacts_.get(),
         .observer = service_.artifacts_.get(),
         .log = &log_},
        {.network = offline ? install::NetworkUse::kOffline : install::NetworkUse::kAllowed});
    if (!bytecode_) {
      return fetcher.Provide(wheels);
    }
    install::CompiledArchives compiled({.filesystem = service_.machine_.filesystem,
                                        .processes = service_.machine_.processes,
                                        .cache = *service_.archives_,
                                        .archives = fetcher,
                                        .progress = service_.progress_,
                                        .interpreter = interpreter_},
                                       *bytecode_);
    FLOWSTONE_LET(std::vector<install::ArchivePlan> plans, compiled.Provide(wheels));
    if (bytecode_ == install::BytecodeUse::kInBackground) {
      NoteUncompiled(plans);
    }
    return plans;
  }

  install::ProvisionLog& log() { return log_; }
  // Of what was provided last, the wheels that are to be compiled in the background.
  const std::vector<Digest>& uncompiled() const { return uncompiled_; }

 private:
  void NoteUncompiled(std::span<const install::ArchivePlan> plans) {
    uncompiled_.clear();
    for (const install::ArchivePlan& plan : plans) {
      if (install::LacksBytecode(plan, interpreter_.cache_tag)) {
        uncompiled_.push_back(plan.wheel);
      }
    }
  }

  EnvironmentService& service_;
  const IndexWish indexes_;
  const install::Interpreter& interpreter_;
  const std::optional<install::BytecodeUse> bytecode_;
  install::ProvisionLog log_;
  std::vector<Digest> uncompiled_;
};

EnvironmentService::EnvironmentService(const Machine& machine, const std::string& home,
                                       ProjectDatastore* datastore, ProgressSink& progress,
                                       EnvironmentSettings settings)
    : machine_(machine),
      home_(home),
      layout_(home),
      datastore_(datastore),
      progress_(progress),
      settings_(std::move(settings)),
      probe_(machine.filesystem, machine.processes, layout_),
      finder_(machine.filesystem, probe_, PlacesOf(machine, settings_, layout_)),
      supply_({.machine = machine,
               .layout = layout_,
               .progress = progress,
               .probe = probe_,
               .mode = settings_.packages.mode,
               .open_transport = [this]() -> Result<net::Transport*> {
                 FLOWSTONE_LET(PackageConnection * connection, Connection({}));
                 return &connection->transport();
               }},
              settings_.pythons),
      archives_(std::make_unique<install::ArchiveCache>(machine.filesystem, layout_)) {
  settings_.packages.cache_directory = layout_.index();
  if (datastore != nullptr) {
    artifacts_ = std::make_unique<DatastoreArtifacts>(datastore->datastore(), machine.filesystem);
  }
}

EnvironmentService::~EnvironmentService() = default;

Result<PackageConnection*> EnvironmentService::Connection(const IndexWish& indexes) {
  std::unique_ptr<PackageConnection>& connection = connections_[indexes];
  if (connection == nullptr) {
    PackageConnection::Options options = settings_.packages;
    options.stale_pages = index::StalePages::kUsedMeanwhile;  // Resolve has them confirmed
    if (indexes.index_url) {
      options.request.index_url = indexes.index_url;
    }
    options.request.extra_index_urls.insert(options.request.extra_index_urls.begin(),
                                            indexes.extra_index_urls.begin(),
                                            indexes.extra_index_urls.end());
    FLOWSTONE_LET(connection, PackageConnection::Open(machine_, options));
  }
  return connection.get();
}

void EnvironmentService::FetchAhead(const EnvironmentWish& wish) {
  const Result<PackageConnection*> connection = Connection(wish.indexes);
  if (!connection) {
    return;
  }
  // Projects whose page may turn out not to be needed.
  std::set<pypi::Name> doubtful(wish.excludes.begin(), wish.excludes.end());
  for (const project::IndexChoice& choice : IndexChoicesOf(wish, settings_.packages.request)) {
    doubtful.insert(choice.project);
  }
  for (const resolve::RequestedRequirement& wished : wish.overrides) {
    doubtful.insert(wished.requirement.name);
  }
  for (const auto* wishes : {&wish.requirements, &wish.constraints}) {
    for (const resolve::RequestedRequirement& wished : *wishes) {
      if (!wished.requirement.url.empty()) {
        doubtful.insert(wished.requirement.name);
      }
    }
  }
  for (const resolve::RequestedRequirement& wished : wish.requirements) {
    if (wished.requirement.marker.is_always() && !doubtful.contains(wished.requirement.name)) {
      (*connection)->index().StartProject(wished.requirement.name);
    }
  }
}

Result<install::Interpreter> EnvironmentService::FindPython(const std::string& request) {
  if (const auto known = pythons_.find(request); known != pythons_.end()) {
    return known->second;
  }
  FLOWSTONE_LET(install::Interpreter found, LookForPython(request));
  pythons_.insert_or_assign(request, found);
  return found;
}

Result<install::Interpreter> EnvironmentService::LookForPython(const std::string& request) {
  Result<install::FoundInterpreter> found = FindInstalledPython(request);
  if (found) {
    return std::move(found->interpreter);
  }
  const Result<install::PythonRequest> parsed = install::PythonRequest::Parse(request);
  if (!parsed || parsed->path() || found.error().code != ErrorCode::kNotFound) {
    return found.error();
  }
  FLOWSTONE_LET(const install::InstalledPython installed,
                supply_.Supply(*parsed, std::move(found.error())));
  return probe_.Probe(installed.executable);
}

Result<install::FoundInterpreter> EnvironmentService::FindInstalledPython(
    const std::string& request) {
  if (request.empty() && !settings_.launcher.empty()) {
    FLOWSTONE_LET(install::Interpreter launcher, probe_.Probe(settings_.launcher));
    return install::FoundInterpreter{.interpreter = std::move(launcher),
                                     .source = install::InterpreterSource::kLauncher,
                                     .seen_as = settings_.launcher};
  }
  FLOWSTONE_LET(const install::PythonRequest parsed, install::PythonRequest::Parse(request));
  Result<install::FoundInterpreter> found =
      request.empty() ? finder_.FindUsual() : finder_.Find(parsed);
  if (found) {
    pythons_.emplace(request, found->interpreter);
  }
  return found;
}

install::InterpreterList EnvironmentService::AllPythons() {
  return finder_.FindAll();
}

resolve::ResolveRequest EnvironmentService::RequestOf(
    const EnvironmentWish& wish, const std::string& origin,
    const install::Interpreter& interpreter) const {
  // The indexes are not part of the request: the same wish is the same request on every machine,
  // whichever mirror it uses (design, promise 2). The lock says where each package came from.
  resolve::ResolveRequest request{
      .requirements = wish.requirements,
      .constraints = wish.constraints,
      .overrides = wish.overrides,
      .excludes = wish.excludes,
      .target = interpreter.target,
      .policies = settings_.policies,
      .exclude_newer_us =
          wish.exclude_newer_us ? wish.exclude_newer_us : settings_.exclude_newer_us,
      .exclude_newer_kind =
          wish.exclude_newer_us ? resolve::CutOffKind::kMoment : settings_.exclude_newer_kind,
      .exclude_newer_of_us = settings_.exclude_newer_of_us,
      .stated_metadata = settings_.stated_metadata,
      .hashes = settings_.hashes};
  const auto append = [](const auto& from, auto& to) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(settings_.rules.constraints, request.constraints);
  append(settings_.rules.overrides, request.overrides);
  append(settings_.rules.excludes, request.excludes);
  request.builds = wish.builds;
  request.builds.Add(settings_.builds.wish);
  request.universal = wish.universal;
  if (!wish.universal) {
    request.policies.forks = resolve::ForkPolicy::kNewestPerPython;  // there is nothing to divide
  }
  if (!wish.universal && !wish.platforms.empty()) {
    request.targets = TargetsOf(wish, interpreter.target);
  }
  for (auto* wanted : {&request.requirements, &request.constraints, &request.overrides,
                       &request.builds.constraints}) {
    for (resolve::RequestedRequirement& requirement : *wanted) {
      if (requirement.origin.empty()) {
        requirement.origin = origin;
      }
    }
  }
  return request;
}

Result<std::optional<LockedEnvironment>> EnvironmentService::Remembered(
    const Digest& request, const install::Interpreter& interpreter) {
  FLOWSTONE_LET(const auto known, datastore_->datastore().FindRequest(request));
  if (!known) {
    return std::optional<LockedEnvironment>();
  }
  LockedEnvironment locked{.interpreter = interpreter};
  FLOWSTONE_LET(locked.text,
                datastore_->datastore().GetContent(store::ContentFamily::kLock, known->lock));
  FLOWSTONE_LET(locked.lock, lock::ParseLock(locked.text));
  return std::optional<LockedEnvironment>(std::move(locked));
}

Result<LockedEnvironment> EnvironmentService::ResolveNow(const EnvironmentWish& wish,
                                                         const resolve::ResolveRequest& request,
                                                         const install::Interpreter& interpreter) {
  FLOWSTONE_LET(PackageConnection * connection, Connection(wish.indexes));
  const std::unique_ptr<SourceBuilds> builds = BuildsFor(wish.indexes, interpreter, request);
  FLOWSTONE_LET(DirectReferences references, DirectReferences::Collect(request, *builds));
  const resolve::ResolveRequest& plain = references.plain_request();
  resolve::IndexCandidateSource indexes(connection->index());
  BuildingSource source(indexes, *builds, references, plain.policies.binaries);
  const PackagePlaces places(connection->index(), *builds, references, plain.policies.binaries,
                             IndexChoicesOf(wish, settings_.packages.request));
  const resolve::ResolveOptions options{
      .preferences = preferences_,
      .index_names = IndexNames(connection->settings()),
      .places = places.places(),
      .flowstone_version = std::string(kVersion),
      .asker = settings_.launcher.empty() ? resolve::Asker::kCommandLine : resolve::Asker::kFlow,
      .exclude_newer_origin =
          wish.exclude_newer_us ? "the decorator" : settings_.exclude_newer_origin,
      .leftovers = settings_.leftovers};
  const index::IndexCounters before = connection->counters();
  const std::int64_t begin_ns = machine_.clock.MonotonicNs();
  auto answer = resolve::Resolve(plain, source, progress_, options);
  const bool is_offline = settings_.packages.mode == index::FetchMode::kOffline;
  if (!answer && answer.error().code == ErrorCode::kUnavailable && is_offline) {
    return resolve::OfflineError(answer.error(), resolve::MissingPieces(plain, source, options));
  }
  const std::int64_t resolved_ns = machine_.clock.MonotonicNs();
  if (!answer) {
    return WithWarnings(std::move(answer.error()), *connection);
  }
  if (const auto* conflict = std::get_if<resolve::ResolveConflict>(&*answer)) {
    return WithWarnings(conflict->ToError(), *connection);
  }
  auto& resolution = std::get<resolve::Resolution>(*answer);
  LockedEnvironment locked{.interpreter = interpreter,
                           .lock = std::move(resolution.lock),
                           .indexes = wish.indexes,
                           .origin = LockedEnvironment::Origin::kResolved,
                           .warnings = std::move(resolution.warnings)};
  locked.missing_wheels = std::move(resolution.missing_wheels);
  locked.warnings.insert(locked.warnings.end(), connection->warnings().begin(),
                         connection->warnings().end());
  const std::vector<std::string> of_metadata = connection->index().MetadataWarnings();
  locked.warnings.insert(locked.warnings.end(), of_metadata.begin(), of_metadata.end());
  locked.warnings.insert(locked.warnings.end(), builds->warnings().begin(),
                         builds->warnings().end());
  locked.counters = CountersOf(resolution.statistics, *connection);
  locked.counters->nanoseconds = resolved_ns - begin_ns;
  const std::int64_t begin_writing_ns = machine_.clock.MonotonicNs();
  references.Complete(locked.lock);
  locked.text = lock::WriteLock(locked.lock);
  if (settings_.packages.timing == index::CallTiming::kOn) {
    locked.counters->phases = PhasesOf(before, connection->counters(), locked.counters->nanoseconds,
                                       machine_.clock.MonotonicNs() - begin_writing_ns);
  }
  return locked;
}

void EnvironmentService::Prefer(const lock::Lock& lock) {
  for (const lock::LockedPackage& package : lock.packages) {
    const bool may_move = std::ranges::find(settings_.upgrade_packages, package.name) !=
                          settings_.upgrade_packages.end();
    // The first lock that has a package speaks for it.
    if (package.version && !may_move && preferred_.insert(package.name).second) {
      preferences_.emplace_back(package.name, *package.version);
    }
  }
}

Result<LockedEnvironment> EnvironmentService::Lock(const EnvironmentWish& wish,
                                                   const std::string& origin) {
  FLOWSTONE_LET(const install::Interpreter interpreter, FindPython(wish.python));
  const resolve::ResolveRequest request = RequestOf(wish, origin, interpreter);
  std::optional<Digest> digest;  // nobody asks for it without a datastore
  std::optional<LockedEnvironment> remembered;
  if (datastore_ != nullptr) {
    digest = resolve::RequestDigest(request);
    FLOWSTONE_LET(remembered, Remembered(*digest, interpreter));
  }
  const bool may_have_changed =
      settings_.lock_use != LockUse::kLocked && HasLocalReferences(request);
  if (remembered && settings_.lock_use != LockUse::kUpgrade && !may_have_changed) {
    remembered->indexes = wish.indexes;
    Prefer(remembered->lock);
    if (settings_.upgrade_packages.empty()) {
      return std::move(*remembered);
    }
  }
  if (settings_.lock_use == LockUse::kLocked) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "there is no lock for the packages of " + origin,
                 .hints = {"run without --locked once, or `environment lock`"}};
  }
  Result<LockedEnvironment> resolved = ResolveNow(wish, request, interpreter);
  if (!resolved) {
    return WithCacheHint(resolved.error(), home_);
  }
  LockedEnvironment locked = *std::move(resolved);
  if (settings_.leftovers == resolve::Leftovers::kDestroyed) {  // else no other lock follows
    Prefer(locked.lock);
  }
  if (datastore_ != nullptr) {
    FLOWSTONE_TRY(Keep(locked));
    FLOWSTONE_TRY(datastore_->datastore().PutRequest(
        *digest, {.lock = locked.digest(), .created_ms = machine_.clock.NowNs() / 1'000'000}));
  }
  return locked;
}

Status EnvironmentService::Keep(const LockedEnvironment& locked) {
  if (datastore_ != nullptr) {
    FLOWSTONE_TRY(datastore_->datastore().PutContent(store::ContentFamily::kLock, locked.text));
  }
  return Ok();
}

Result<std::optional<LockedEnvironment>> EnvironmentService::FindLock(const EnvironmentWish& wish) {
  FLOWSTONE_LET(const install::Interpreter interpreter, FindPython(wish.python));
  if (datastore_ == nullptr) {
    return std::optional<LockedEnvironment>();
  }
  return Remembered(resolve::RequestDigest(RequestOf(wish, "", interpreter)), interpreter);
}

Result<EnvironmentService::BackendAnswer> EnvironmentService::AskBackend(
    const std::string& directory, const pypi::Name& project, const EnvironmentWish& wish) {
  FLOWSTONE_LET(const install::Interpreter interpreter, FindPython(wish.python));
  const std::unique_ptr<SourceBuilds> builds =
      BuildsFor(wish.indexes, interpreter, RequestOf(wish, "", interpreter));
  FLOWSTONE_LET(const build::DirectReference reference, build::DirectReference::Parse(directory));
  FLOWSTONE_LET(const LocatedReference located, builds->Locate(reference, project));
  BackendAnswer answer;
  Result<std::string> metadata = builds->MetadataAsBuilt(*located.task);
  if (!metadata) {
    return WithCacheHint(metadata.error(), home_);
  }
  answer.metadata = *std::move(metadata);
  answer.warnings = builds->warnings();
  return answer;
}

Result<LockedEnvironment> EnvironmentService::UseLock(const std::string& text,
                                                      const std::string& python,
                                                      const std::string& directory) {
  LockedEnvironment locked{
      .directory = directory, .text = text, .origin = LockedEnvironment::Origin::kGiven};
  FLOWSTONE_LET(locked.lock, lock::ParseLock(text));
  const std::string request = python.empty() ? locked.lock.requires_python.ToString() : python;
  FLOWSTONE_LET(locked.interpreter, FindPython(request));
  return locked;
}

std::unique_ptr<SourceBuilds> EnvironmentService::Builds(const IndexWish& indexes,
                                                         const install::Interpreter& interpreter,
                                                         EnvironmentSettings settings) {
  return std::make_unique<SourceBuilds>(
      SourceBuilds::Parts{.machine = machine_,
                          .home = home_,
                          .interpreter = interpreter,
                          .settings = std::move(settings),
                          .indexes = indexes,
                          .datastore = datastore_,
                          .open_transport = [this, indexes]() -> Result<net::Transport*> {
                            FLOWSTONE_LET(PackageConnection * connection, Connection(indexes));
                            return &connection->transport();
                          },
                          .lease_kept = [this] { LeaseBuilds(); }});
}

std::uint64_t EnvironmentService::MakeRoom(const Error& error) {
  if (!install::IsDiskTooSmall(error)) {
    return 0;
  }
  const std::int64_t now_ns = machine_.clock.NowNs();
  install::CacheCleaner cleaner(machine_.filesystem, home_, [](const std::string&) {});
  const Result<install::CleaningReport> report =
      cleaner.Clean({.unused_since_ns = now_ns - kDayNs}, now_ns);
  return report ? report->freed : 0;
}

void EnvironmentService::LeaseBuilds() {
  if (builds_lease_ || !os::MakeDirectories(machine_.filesystem, layout_.locks())) {
    return;
  }
  // Where this user may not write, others do not clean for him either.
  if (Result<os::FileLock> lease =
          os::FileLock::Acquire(layout_.BuildsLock(), os::LockMode::kShared, os::LockWait::kWait)) {
    builds_lease_ = *std::move(lease);
  }
}

std::unique_ptr<SourceBuilds> EnvironmentService::BuildsFor(
    const IndexWish& indexes, const install::Interpreter& interpreter,
    const resolve::ResolveRequest& request) {
  EnvironmentSettings settings = settings_;
  settings.exclude_newer_us = request.exclude_newer_us;
  settings.exclude_newer_of_us = request.exclude_newer_of_us;
  settings.builds.wish = request.builds;
  return Builds(indexes, interpreter, std::move(settings));
}

Result<std::unique_ptr<SourceBuilds>> EnvironmentService::BuildsFor(
    const LockedEnvironment& locked) {
  EnvironmentSettings settings = settings_;
  if (const std::optional<lock::ToolTable>& record = locked.lock.tool) {
    if (!record->exclude_newer.empty()) {
      settings.exclude_newer_us = lock::ParseTimestamp(record->exclude_newer);
    }
    for (const auto& [project, moment] : record->exclude_newer_packages) {
      settings.exclude_newer_of_us[project] = lock::ParseTimestamp(moment);
    }
    FLOWSTONE_LET(settings.builds.wish, resolve::RecordedBuilds(*record));
    settings.builds.wish.Add(settings_.builds.wish);
  }
  return Builds(locked.indexes, locked.interpreter, std::move(settings));
}

Result<install::EnvironmentSpec> EnvironmentService::SpecOf(const LockedEnvironment& locked,
                                                            std::vector<std::string>& warnings) {
  FLOWSTONE_LET(const std::unique_ptr<SourceBuilds> builds, BuildsFor(locked));
  FLOWSTONE_LET(
      const std::optional<lock::Lock> lock,
      WithBuiltWheels(locked.lock, locked.interpreter.target, locked.selection, locked.directory,
                      settings_.policies.binaries, *builds, SourceUse::kBuild));
  warnings = builds->warnings();
  return SpecOfLock(locked, *lock, settings_.bytecode);
}

Result<std::optional<install::EnvironmentSpec>> EnvironmentService::KnownSpecOf(
    const LockedEnvironment& locked) {
  FLOWSTONE_LET(const std::unique_ptr<SourceBuilds> builds, BuildsFor(locked));
  FLOWSTONE_LET(
      const std::optional<lock::Lock> lock,
      WithBuiltWheels(locked.lock, locked.interpreter.target, locked.selection, locked.directory,
                      settings_.policies.binaries, *builds, SourceUse::kFind));
  if (!lock) {
    return std::optional<install::EnvironmentSpec>();
  }
  FLOWSTONE_LET(install::EnvironmentSpec spec, SpecOfLock(locked, *lock, settings_.bytecode));
  return std::optional(std::move(spec));
}

Result<install::Environment> EnvironmentService::Prepare(const LockedEnvironment& locked) {
  std::vector<std::string> warnings;
  const Result<install::EnvironmentSpec> spec = SpecOf(locked, warnings);
  if (!spec) {
    return WithCacheHint(spec.error(), home_);
  }
  LazyArchives archives(*this, locked.indexes, locked.interpreter, settings_.bytecode);
  install::EnvironmentBuilder builder = BuilderWith(archives);
  Result<install::Environment> environment = builder.Ensure(*spec);
  const std::uint64_t freed = environment ? 0 : MakeRoom(environment.error());
  if (freed > 0) {
    warnings.push_back(
        "the disk was full: what nobody used for a day was removed from the cache, " +
        install::Mebibytes(freed));
    environment = builder.Ensure(*spec);
  }
  if (!environment) {
    return WithCacheHint(environment.error(), home_);
  }
  environment->warnings.insert(environment->warnings.begin(), warnings.begin(), warnings.end());
  environment->provisions = archives.log().Take();
  NoteUncompiled(locked, archives);
  RememberKnown(locked, *spec, environment->id);
  return InUse(*std::move(environment), spec->packages.size());
}

install::EnvironmentBuilder EnvironmentService::BuilderWith(
    install::ArchiveProvider& archives) const {
  return install::EnvironmentBuilder({.filesystem = machine_.filesystem,
                                      .layout = layout_,
                                      .archives = archives,
                                      .progress = progress_,
                                      .link_mode = settings_.links.mode});
}

Result<std::optional<install::Environment>> EnvironmentService::TakeKnown(
    const install::Interpreter& interpreter, const install::KnownEnvironment& known) {
  LazyArchives archives(*this, {}, interpreter, settings_.bytecode);
  FLOWSTONE_LET(std::optional<install::Environment> environment,
                BuilderWith(archives).Take(interpreter, known.id));
  if (environment) {
    environment = InUse(*std::move(environment), known.package_count);
  }
  return environment;
}

install::Environment EnvironmentService::InUse(install::Environment environment,
                                               std::size_t package_count) const {
  environment.package_count = package_count;
  NoteUse(environment, machine_.clock.NowNs());
  if (settings_.links.layer == install::Layer::kPrivate) {
    environment.layered = layout_.WrittenBeside(environment.directory);
  }
  return environment;
}

void EnvironmentService::NoteUncompiled(const LockedEnvironment& locked,
                                        const LazyArchives& archives) {
  if (archives.uncompiled().empty()) {
    return;
  }
  const install::Interpreter& interpreter = locked.interpreter;
  auto wish =
      std::ranges::find(uncompiled_, interpreter.executable, &install::BytecodeWish::python);
  if (wish == uncompiled_.end()) {
    wish = uncompiled_.insert(
        wish, {.python = interpreter.executable, .cache_tag = interpreter.cache_tag, .wheels = {}});
  }
  for (const Digest& wheel : archives.uncompiled()) {
    if (std::ranges::find(wish->wheels, wheel) == wish->wheels.end()) {
      wish->wheels.push_back(wheel);
    }
  }
}

Result<install::VenvSyncReport> EnvironmentService::SyncInto(const LockedEnvironment& locked,
                                                             const std::string& directory,
                                                             install::SyncDepth depth) {
  FLOWSTONE_LET(const install::VenvPlace place,
                install::LookAtVenv(machine_.filesystem, directory));
  if (place == install::VenvPlace::kVenv) {
    FLOWSTONE_LET(const install::Interpreter own,
                  FindPython(os::JoinPath(directory, "bin/python")));
    if (own.identity != locked.interpreter.identity) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = directory + " is a virtual environment of Python " +
                              own.version.ToString() + " (" + own.executable + "), not of " +
                              locked.interpreter.version.ToString() + " (" +
                              locked.interpreter.executable + ")"}
          .WithHint("remove it to have it made anew, or name another directory");
    }
  }
  std::vector<std::string> warnings;
  FLOWSTONE_LET(const install::EnvironmentSpec spec, SpecOf(locked, warnings));
  // Bytecode that is never checked would hide what people change, unless they ask for it.
  LazyArchives archives(*this, locked.indexes, locked.interpreter,
                        settings_.bytecode == install::BytecodeUse::kCompile
                            ? std::optional(settings_.bytecode)
                            : std::nullopt);
  FLOWSTONE_LET(const install::ArchiveClaim claim,
                install::ArchiveClaim::Make(machine_.filesystem, layout_, install::WheelsOf(spec)));
  FLOWSTONE_LET(const std::vector<install::PlannedPackage> packages,
                install::ProvidePackages(archives, spec));
  FLOWSTONE_LET(
      install::VenvSyncReport report,
      install::SyncVenv(
          {.filesystem = machine_.filesystem, .layout = layout_, .progress = progress_}, directory,
          locked.interpreter, packages, {.depth = depth, .link_mode = settings_.links.mode}));
  report.warnings.insert(report.warnings.begin(), warnings.begin(), warnings.end());
  return report;
}

Result<std::optional<install::Environment>> EnvironmentService::Find(
    const LockedEnvironment& locked) {
  FLOWSTONE_LET(const std::optional<install::EnvironmentSpec> spec, KnownSpecOf(locked));
  if (!spec) {
    return std::optional<install::Environment>();
  }
  LazyArchives archives(*this, locked.indexes, locked.interpreter, settings_.bytecode);
  install::EnvironmentBuilder builder = BuilderWith(archives);
  return builder.Find(*spec);
}

}  // namespace flowstone::app
