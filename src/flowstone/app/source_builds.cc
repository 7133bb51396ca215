#include "flowstone/app/source_builds.h"

#include <algorithm>
#include <set>
#include <utility>

#include "flowstone/app/own_sources.h"
#include "flowstone/base/text.h"
#include "flowstone/base/truth_words.h"
#include "flowstone/build/source_tree.h"
#include "flowstone/build/source_unpack.h"
#include "flowstone/index/wheel_metadata_text.h"
#include "flowstone/install/input_file_source.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::app {
namespace {

SourceFreshness FreshnessOf(const EnvironmentSettings& settings) {
  if (settings.packages.mode == index::FetchMode::kOffline) {
    return SourceFreshness::kOffline;
  }
  const bool is_anew = settings.packages.mode == index::FetchMode::kRefresh ||
                       settings.lock_use == LockUse::kUpgrade;
  return is_anew ? SourceFreshness::kFetched : SourceFreshness::kRemembered;
}

build::GitNetwork GitNetworkOf(const EnvironmentSettings& settings) {
  return settings.packages.mode == index::FetchMode::kOffline ? build::GitNetwork::kOffline
                                                              : build::GitNetwork::kAllowed;
}

// The version that the name of an sdist states, if it is the name of one.
std::optional<pypi::Version> PublishedVersion(const std::string& file_name) {
  const Result<pypi::SdistName> name = pypi::SdistName::Parse(file_name);
  return name ? std::optional(name->version) : std::nullopt;
}

// The variable that asks for builds that see what is installed; empty: none does. That of pip holds
// the value of the option `build-isolation`, whatever its name says: "false" switches it off.
std::string NoIsolationVariable(const os::Environment& environment) {
  const std::string of_uv = environment.Get("UV_NO_BUILD_ISOLATION").value_or("");
  if (!of_uv.empty() && !MeansNo(of_uv)) {
    return "UV_NO_BUILD_ISOLATION";
  }
  const std::string of_pip = environment.Get("PIP_NO_BUILD_ISOLATION").value_or("");
  return MeansNo(of_pip) ? "PIP_NO_BUILD_ISOLATION" : "";
}

lock::LockedFile LockedFileOf(const SourceFile& file) {
  lock::LockedFile locked{.name = file.file_name, .size = file.size};
  locked.hashes.emplace("sha256", file.digest.ToString());
  return locked;
}

}  // namespace

// Environments of backends, by an EnvironmentService of their own. What their requirements resolve
// to is remembered in the cache, so that a build has one key, with and without a network.
class SourceBuilds::Environments final : public build::BuildEnvironments {
 public:
  explicit Environments(const Parts& parts, const install::CacheLayout& layout)
      : parts_(parts), layout_(layout) {}

  Digest Interpreter() override { return parts_.interpreter.identity; }

  Result<Digest> Lock(const std::vector<pypi::Requirement>& requirements) override {
    FLOWSTONE_LET(const LockedEnvironment locked, LockedOf(requirements));
    // What was asked, and by which version of ours, changes nothing in the environment.
    lock::Lock packages = locked.lock;
    packages.tool.reset();
    return Digest::Of(lock::WriteLock(packages));
  }

  Result<build::BuildEnvironment> Provide(
      const std::vector<pypi::Requirement>& requirements) override {
    FLOWSTONE_LET(const LockedEnvironment locked, LockedOf(requirements));
    FLOWSTONE_LET(const install::Environment environment, Service().Prepare(locked));
    leases_.push_back(environment.lease);  // backends run in it later
    build::BuildEnvironment answer{.python = environment.python,
                                   .directory = environment.directory};
    const install::Interpreter& python = parts_.interpreter;
    for (const std::string& root :
         {python.prefix, python.stdlib, python.platform_stdlib, os::DirName(python.executable)}) {
      if (const Result<std::string> real = parts_.machine.filesystem.RealPath(root);
          real && *real != "/") {
        answer.roots.push_back(*real);
      }
    }
    FLOWSTONE_LET(answer.directory, parts_.machine.filesystem.RealPath(environment.directory));
    return answer;
  }

  // Packages around the one that is being built, outermost first.
  std::vector<std::string>& stack() { return stack_; }
  // Nothing is resolved while this is set: kNotFound instead.
  void OnlyRemembered(LockUse use) { use_ = use; }

 private:
  EnvironmentService& Service() {
    if (service_ == nullptr || stack_ != service_stack_) {
      EnvironmentSettings settings = parts_.settings;
      settings.launcher = parts_.interpreter.executable;
      settings.builds.stack = stack_;
      settings.builds.wish.settings.clear();
      settings.bytecode = install::BytecodeUse::kWhereThere;  // a backend runs once
      // A sandbox shows it one directory, and not the archives of other packages.
      if (settings.links.mode.value_or(install::LinkMode::kSymlink) ==
          install::LinkMode::kSymlink) {
        settings.links.mode = install::LinkMode::kHardlink;
      }
      settings.rules = {};                                 // backends have constraints of their own
      settings.hashes = resolve::HashPolicy::kWhereNamed;  // nobody names hashes of these
      if (settings.lock_use == LockUse::kLocked) {
        settings.lock_use = LockUse::kRemember;  // what is locked is what is built, not with what
      }
      service_stack_ = stack_;
      service_ = std::make_unique<EnvironmentService>(parts_.machine, parts_.home, nullptr,
                                                      progress_, std::move(settings));
    }
    return *service_;
  }

  Result<LockedEnvironment> LockedOf(const std::vector<pypi::Requirement>& requirements) {
    EnvironmentWish wish{.constraints = parts_.settings.builds.wish.constraints,
                         .indexes = parts_.indexes};
    for (const pypi::Requirement& requirement : requirements) {
      wish.requirements.push_back({.requirement = requirement});
    }
    const std::string origin = stack_.empty() ? "the build" : "building " + stack_.back();
    resolve::ResolveRequest request = Service().RequestOf(wish, origin, parts_.interpreter);
    // What may be built decides whether there is an answer, and hardly ever which.
    request.policies.binaries = {};
    const std::string path =
        layout_.root() + "/build/lock/" + resolve::RequestDigest(request).ToString() + ".toml";
    const Result<std::string> known = parts_.machine.filesystem.ReadFile(path);
    if (known && (use_ == LockUse::kLocked || parts_.settings.lock_use != LockUse::kUpgrade ||
                  is_resolved_.contains(path))) {
      LockedEnvironment locked{.interpreter = parts_.interpreter, .text = *known};
      FLOWSTONE_LET(locked.lock, lock::ParseLock(*known));
      return locked;
    }
    if (use_ == LockUse::kLocked) {
      return Error{ErrorCode::kNotFound, "what the build needs was not resolved before"};
    }
    FLOWSTONE_LET(LockedEnvironment locked, Service().Lock(wish, origin));
    FLOWSTONE_TRY(os::MakeDirectories(parts_.machine.filesystem, os::DirName(path)));
    FLOWSTONE_TRY(os::ReplaceFile(parts_.machine.filesystem, path, locked.text));
    is_resolved_.insert(path);
    return locked;
  }

  const Parts& parts_;
  const install::CacheLayout& layout_;
  NoProgress progress_;
  LockUse use_ = LockUse::kRemember;
  std::vector<std::shared_ptr<const os::Lease>> leases_;  // of environments that were provided
  std::set<std::string> is_resolved_;  // by this object: not again, also with --upgrade
  std::vector<std::string> stack_;
  std::vector<std::string> service_stack_;
  std::unique_ptr<EnvironmentService> service_;
};

SourceBuilds::SourceBuilds(Parts parts)
    : parts_(std::move(parts)),
      layout_(parts_.home),
      files_(parts_.machine, layout_, parts_.open_transport, FreshnessOf(parts_.settings)),
      repositories_({.filesystem = parts_.machine.filesystem,
                     .processes = parts_.machine.processes,
                     .environment = parts_.machine.environment,
                     .directory = layout_.root() + "/build/git",
                     .network = GitNetworkOf(parts_.settings),
                     .on_warning = [this](const std::string& text) { Warn(text); }}),
      kept_(parts_.machine.filesystem, layout_),
      environments_(std::make_unique<Environments>(parts_, layout_)),
      builder_(std::make_unique<build::WheelBuilder>(build::WheelBuilder::Parts{
          .filesystem = parts_.machine.filesystem,
          .processes = parts_.machine.processes,
          .environment = parts_.machine.environment,
          .layout = layout_,
          .repositories = repositories_,
          .environments = *environments_,
          .limits = parts_.settings.builds.limits,
          .on_warning = [this](const std::string& text) { Warn(text); }})) {
  environments_->stack() = parts_.settings.builds.stack;
  std::string& unisolated = parts_.settings.builds.wish.unisolated;
  if (unisolated.empty()) {
    unisolated = NoIsolationVariable(parts_.machine.environment);
  }
}

SourceBuilds::~SourceBuilds() = default;

void SourceBuilds::Warn(const std::string& text) {
  if (std::ranges::find(warnings_, text) == warnings_.end()) {
    warnings_.push_back(text);
  }
}

LocatedReference SourceBuilds::LocatedArchive(const build::DirectReference& reference,
                                              SourceFile file) {
  LocatedReference located{.source = {.kind = lock::DirectKind::kArchive,
                                      .file = LockedFileOf(file),
                                      .subdirectory = reference.subdirectory}};
  if (reference.kind == build::ReferenceKind::kLocal) {
    located.source.file.path = reference.path;
  } else {
    located.source.file.url = reference.url;
  }
  if (file.file_name.ends_with(".whl")) {
    located.wheel = std::move(file);
    return located;
  }
  located.task = build::BuildTask{.title = reference.ToString(),
                                  .source = {.origin = build::SourceOrigin::kArchive,
                                             .path = file.path,
                                             .file_name = file.file_name,
                                             .subdirectory = reference.subdirectory,
                                             .published = PublishedVersion(file.file_name),
                                             .content = file.digest.ToString()}};
  return located;
}

Result<LocatedReference> SourceBuilds::LocateArchive(const build::DirectReference& reference) {
  std::optional<Digest> expected;
  if (const auto sha256 = reference.hashes.find("sha256"); sha256 != reference.hashes.end()) {
    FLOWSTONE_LET(expected, Digest::Parse(sha256->second));
  }
  FLOWSTONE_LET(SourceFile file, files_.Fetch(reference.url, reference.secret_url, expected));
  if (!file.file_name.ends_with(".whl") && !build::IsSourceArchive(file.file_name)) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = reference.url + " is neither a wheel nor a source archive"};
  }
  return LocatedArchive(reference, std::move(file));
}

Result<LocatedReference> SourceBuilds::LocateLocal(const build::DirectReference& reference) {
  const Result<os::FileInfo> info = parts_.machine.filesystem.Stat(reference.path);
  if (!info && info.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, "there is neither a directory nor a file " + reference.path};
  }
  FLOWSTONE_TRY(info);
  if (info->type != os::FileType::kDirectory) {
    if (reference.use == build::EditableUse::kEditable) {
      return Error{ErrorCode::kInvalid,
                   reference.path + " is a file: only a directory can be editable"};
    }
    return LocateArchive(reference);
  }
  FLOWSTONE_LET(const std::string path, parts_.machine.filesystem.RealPath(reference.path));
  FLOWSTONE_LET(const Digest digest, build::TreeDigest(parts_.machine.filesystem, path));
  LocatedReference located{.source = {.kind = lock::DirectKind::kDirectory,
                                      .file = {.name = {}, .path = reference.path},
                                      .subdirectory = reference.subdirectory}};
  if (reference.use == build::EditableUse::kEditable) {
    located.source.editable = true;
  }
  located.task = build::BuildTask{.title = reference.path,
                                  .source = {.origin = build::SourceOrigin::kDirectory,
                                             .path = path,
                                             .subdirectory = reference.subdirectory,
                                             .content = digest.ToString()},
                                  .use = reference.use};
  return located;
}

Result<LocatedReference> SourceBuilds::LocateRepository(const build::DirectReference& reference) {
  if (reference.use == build::EditableUse::kEditable) {
    Warn(reference.ToString() +
         " is installed as it is at its commit: only a directory of this machine can be edited in "
         "place (-e)");
  }
  // Several projects of one repository are of one commit, also when a branch moves meanwhile.
  const std::string name = reference.url + "@" + reference.revision;
  auto known = commits_.find(name);
  if (known == commits_.end()) {
    FLOWSTONE_LET(std::string resolved, repositories_.Resolve(reference));
    known = commits_
                .emplace(name, KnownCommit{.commit = std::move(resolved),
                                           .secret_url = reference.secret_url})
                .first;
  }
  const std::string& commit = known->second.commit;
  build::DirectReference fetched = reference;
  fetched.secret_url = known->second.secret_url;
  LocatedReference located{.source = {.kind = lock::DirectKind::kVcs,
                                      .file = {.name = {}, .url = reference.url},
                                      .subdirectory = reference.subdirectory,
                                      .vcs_type = "git",
                                      .requested_revision = reference.revision,
                                      .commit_id = commit}};
  located.task = build::BuildTask{.title = reference.ToString(),
                                  .source = {.origin = build::SourceOrigin::kRepository,
                                             .reference = std::move(fetched),
                                             .commit = commit,
                                             .subdirectory = reference.subdirectory,
                                             .content = commit}};
  return located;
}

Result<LocatedReference> SourceBuilds::Locate(const build::DirectReference& reference,
                                              const pypi::Name& project) {
  parts_.lease_kept();
  const auto locate = [&]() -> Result<LocatedReference> {
    switch (reference.kind) {
      case build::ReferenceKind::kLocal:
        return LocateLocal(reference);
      case build::ReferenceKind::kRepository:
        return LocateRepository(reference);
      case build::ReferenceKind::kArchive:
        break;
    }
    if (reference.use == build::EditableUse::kEditable) {
      return Error{ErrorCode::kInvalid,
                   reference.ToString() + " is an archive: only a directory can be editable"};
    }
    return LocateArchive(reference);
  };
  FLOWSTONE_LET(LocatedReference located, locate());
  if (located.task) {
    Instruct(project, *located.task);
  }
  return located;
}

Status SourceBuilds::MatchRuntime(const lock::Lock& lock, const lock::SelectOptions& selection) {
  FLOWSTONE_LET(const std::vector<const lock::LockedPackage*> packages,
                lock::PackagesFor(lock, parts_.interpreter.target, selection));
  runtime_.emplace();
  for (const lock::LockedPackage* package : packages) {
    runtime_->emplace(package->name, package->version);
  }
  return Ok();
}

void SourceBuilds::Instruct(const pypi::Name& project, build::BuildTask& task) const {
  const resolve::BuildWish& wish = parts_.settings.builds.wish;
  task.settings = wish.SettingsFor(project);
  if (const auto variables = wish.variables_of.find(project);
      variables != wish.variables_of.end()) {
    task.variables = variables->second;
  }
  if (const std::string who = wish.UnisolatedBy(project); !who.empty()) {
    task.obstacle =
        Error{.code = ErrorCode::kInvalid,
              .message = task.title + " cannot be built with what happens to be installed, as " +
                         who + " wants: that gives something else on every machine",
              .hints = {"list what its build needs: [tool.uv.extra-build-dependencies] " +
                        project.ToString() +
                        " = [\"setuptools\", { requirement = \"torch\", match-runtime = true }]"}};
  }
  const auto required = wish.requirements_of.find(project);
  if (required == wish.requirements_of.end()) {
    return;
  }
  for (const resolve::BuildRequirement& one : required->second) {
    if (one.match == resolve::VersionMatch::kAny) {
      task.requirements.push_back(one.requirement);
      continue;
    }
    Result<pypi::Requirement> matching = AsInRuntime(one.requirement, task.title);
    if (matching) {
      task.requirements.push_back(*std::move(matching));
    } else {
      task.obstacle = matching.error();
    }
  }
}

Result<pypi::Requirement> SourceBuilds::AsInRuntime(const pypi::Requirement& requirement,
                                                    const std::string& title) const {
  const std::string name = requirement.name.ToString();
  const std::string wish =
      "its build is to have the " + name + " of the environment (match-runtime)";
  if (!runtime_) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "only building " + title + " tells what it needs, and " + wish +
                            ", which is not known before",
                 .hints = {"write a version instead: extra-build-dependencies = { … = [\"" + name +
                           "==…\"] }"}};
  }
  const auto found = runtime_->find(requirement.name);
  if (found == runtime_->end() || !found->second) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = title + " cannot be built: " + wish +
                            (found == runtime_->end() ? ", which has none"
                                                      : ", which comes from a directory")};
  }
  pypi::Requirement matching = requirement;
  FLOWSTONE_LET(matching.specifiers, pypi::SpecifierSet::Parse("==" + found->second->ToString()));
  return matching;
}

Result<LocatedReference> SourceBuilds::Locate(const lock::LockedPackage& package,
                                              const std::string& lock_directory,
                                              const std::string& title) {
  const lock::DirectSource& source = *package.direct;
  build::DirectReference reference{.subdirectory = source.subdirectory,
                                   .hashes = source.file.hashes};
  if (source.kind == lock::DirectKind::kVcs) {
    if (source.vcs_type != "git") {
      return Error{ErrorCode::kInvalid, title + " is in a repository of " + source.vcs_type +
                                            ", and only git is supported"};
    }
    std::string url = source.file.url.value_or("");
    if (source.file.path) {
      url = net::Url::FromPath(os::AbsolutePath(lock_directory, *source.file.path)).ToString();
    }
    FLOWSTONE_LET(reference, build::DirectReference::Parse("git+" + url + "@" + source.commit_id));
    reference.subdirectory = source.subdirectory;
  } else if (source.file.path) {
    reference.kind = build::ReferenceKind::kLocal;
    reference.path = os::AbsolutePath(lock_directory, *source.file.path);
    reference.url = net::Url::FromPath(reference.path).ToString();
    reference.secret_url = reference.url;
  } else {
    FLOWSTONE_LET(reference, build::DirectReference::Parse(source.file.url.value_or("")));
    reference.subdirectory = source.subdirectory;
    reference.hashes = source.file.hashes;
  }
  if (source.editable.value_or(false)) {
    reference.use = build::EditableUse::kEditable;
  }
  FLOWSTONE_LET(LocatedReference located, Locate(reference, package.name));
  if (located.task) {
    located.task->title = title;
  }
  return located;
}

Result<build::BuildTask> SourceBuilds::TaskOf(const pypi::Name& project,
                                              const lock::LockedFile& sdist,
                                              const std::string& lock_directory,
                                              const std::string& title) {
  const std::optional<Digest> sha256 = sdist.Sha256();
  if (!sha256) {
    return Error{ErrorCode::kInvalid, "there is no sha256 of " + sdist.name};
  }
  const std::string location =
      sdist.path ? os::AbsolutePath(lock_directory, *sdist.path) : sdist.url.value_or("");
  parts_.lease_kept();
  FLOWSTONE_LET(const SourceFile file, files_.Fetch(location, location, sha256));
  build::BuildTask task{.title = title,
                        .source = {.origin = build::SourceOrigin::kArchive,
                                   .path = file.path,
                                   .file_name = sdist.name,
                                   .published = PublishedVersion(sdist.name),
                                   .content = sha256->ToString()}};
  Instruct(project, task);
  return task;
}

Result<std::optional<std::string>> SourceBuilds::StaticMetadata(const build::BuildTask& task) {
  return builder_->StaticMetadata(task);
}

Result<std::string> SourceBuilds::MetadataOfWheel(const SourceFile& wheel) {
  FLOWSTONE_LET(const pypi::WheelName name, pypi::WheelName::Parse(wheel.file_name));
  FLOWSTONE_LET(auto file, parts_.machine.filesystem.OpenInput(wheel.path));
  install::InputFileSource source(std::move(file));
  return Annotate(index::ReadWheelMetadata(source, name.name), "while reading " + wheel.file_name);
}

namespace {

// Puts a package on the stack of what is being built while it lives.
class BeingBuilt {
 public:
  BeingBuilt(std::vector<std::string>& stack, std::string title) : stack_(stack) {
    stack_.push_back(std::move(title));
  }
  ~BeingBuilt() { stack_.pop_back(); }
  BeingBuilt(const BeingBuilt&) = delete;
  BeingBuilt& operator=(const BeingBuilt&) = delete;

 private:
  std::vector<std::string>& stack_;
};

Status CheckForCycle(const std::vector<std::string>& stack, const std::string& title) {
  const auto again = std::ranges::find(stack, title);
  if (again == stack.end()) {
    return Ok();
  }
  std::string circle;
  for (auto it = again; it != stack.end(); ++it) {
    circle += *it + " needs ";
  }
  return Error{.code = ErrorCode::kConflict,
               .message = "building goes in a circle: " + circle + title,
               .hints = {"a wheel of one of them breaks the circle"}};
}

}  // namespace

Result<std::string> SourceBuilds::Metadata(const build::BuildTask& task) {
  FLOWSTONE_LET(std::string text, MetadataAsBuilt(task));
  switch (task.source.origin) {
    case build::SourceOrigin::kDirectory:
      return WithOwnSources(parts_.machine.filesystem,
                            os::JoinPath(task.source.path, task.source.subdirectory), {}, text);
    case build::SourceOrigin::kRepository:
      return WithSourcesOfRepository(task, text);
    case build::SourceOrigin::kArchive:
      break;
  }
  return text;
}

Result<std::string> SourceBuilds::WithSourcesOfRepository(const build::BuildTask& task,
                                                          const std::string& metadata) {
  const build::Source& source = task.source;
  const Digest key = Digest::Of("flowstone-own-sources 1\n" + source.Identity().ToString() + "\n" +
                                source.reference.ToString() + "\n" + metadata);
  FLOWSTONE_LET(std::optional<std::string> known, kept_.FindMetadata(key));
  if (known) {
    return *std::move(known);
  }
  os::FileSystem& filesystem = parts_.machine.filesystem;
  FLOWSTONE_LET(const install::StagingDirectory staging,
                install::StagingDirectory::Create(filesystem, layout_));
  FLOWSTONE_LET(const std::string project,
                Annotate(build::PlaceSource(filesystem, repositories_, source, staging.path()),
                         "while checking out " + task.title));
  FLOWSTONE_LET(const std::string top, filesystem.RealPath(staging.path()));
  FLOWSTONE_LET(
      const std::string text,
      WithOwnSources(filesystem, project, {.top = top, .repository = source.reference}, metadata));
  FLOWSTONE_TRY(kept_.KeepMetadata(key, text));
  return text;
}

Result<std::string> SourceBuilds::MetadataAsBuilt(const build::BuildTask& task) {
  FLOWSTONE_LET(std::optional<std::string> known, builder_->StaticMetadata(task));
  if (known) {
    return *std::move(known);
  }
  FLOWSTONE_TRY(CheckForCycle(environments_->stack(), task.title));
  const BeingBuilt being_built(environments_->stack(), task.title);
  return builder_->Metadata(task);
}

Result<std::optional<build::BuiltWheel>> SourceBuilds::FindInDatastore(const Digest& key) {
  if (parts_.datastore == nullptr) {
    return std::optional<build::BuiltWheel>();
  }
  store::Datastore& datastore = parts_.datastore->datastore();
  FLOWSTONE_LET(const auto built, datastore.FindBuild(key));
  if (!built) {
    return std::optional<build::BuiltWheel>();
  }
  FLOWSTONE_LET(const install::StagingDirectory staging,
                install::StagingDirectory::Create(parts_.machine.filesystem, layout_));
  const std::string path = os::JoinPath(staging.path(), os::BaseName(built->file_name));
  FLOWSTONE_TRY(datastore.FetchArtifact(built->wheel, parts_.machine.filesystem, path));
  FLOWSTONE_LET(build::BuiltWheel wheel, builder_->Adopt(key, path));
  return std::optional(std::move(wheel));
}

Status SourceBuilds::KeepInDatastore(const Digest& key, const build::BuiltWheel& wheel) {
  if (parts_.datastore == nullptr) {
    return Ok();
  }
  store::Datastore& datastore = parts_.datastore->datastore();
  FLOWSTONE_TRY(datastore.PutArtifact(wheel.digest, parts_.machine.filesystem, wheel.path));
  return datastore.PutBuild(key, {.wheel = wheel.digest, .file_name = wheel.file_name});
}

Result<build::BuiltWheel> SourceBuilds::Wheel(const build::BuildTask& task) {
  FLOWSTONE_TRY(CheckForCycle(environments_->stack(), task.title));
  const BeingBuilt being_built(environments_->stack(), task.title);
  FLOWSTONE_LET(const Digest key, builder_->Key(task));
  // An editable wheel is worth nothing on another machine.
  const bool is_shared = task.use == build::EditableUse::kWheel;
  FLOWSTONE_LET(std::optional<build::BuiltWheel> wheel, builder_->Find(key));
  if (!wheel && is_shared) {
    FLOWSTONE_LET(wheel, FindInDatastore(key));
  }
  if (!wheel) {
    FLOWSTONE_LET(wheel, builder_->Wheel(task));
  }
  if (is_shared) {
    FLOWSTONE_TRY(KeepInDatastore(key, *wheel));
  }
  return *std::move(wheel);
}

Result<std::optional<build::BuiltWheel>> SourceBuilds::Find(const build::BuildTask& task) {
  environments_->OnlyRemembered(LockUse::kLocked);
  const Result<std::optional<Digest>> key = builder_->KnownKey(task);
  environments_->OnlyRemembered(LockUse::kRemember);
  if (!key) {
    return key.error().code == ErrorCode::kNotFound
               ? std::optional<build::BuiltWheel>()
               : Result<std::optional<build::BuiltWheel>>(key.error());
  }
  return *key ? builder_->Find(**key) : std::optional<build::BuiltWheel>();
}

}  // namespace flowstone::app
