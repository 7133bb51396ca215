#include "flowstone/app/locked_sources.h"

#include <algorithm>
#include <utility>

#include "flowstone/lock/target_text.h"

namespace flowstone::app {
namespace {

std::string TitleOfPackage(const lock::LockedPackage& package) {
  const std::string name = package.name.ToString();
  return package.version ? name + " " + package.version->ToString() : name;
}

Status CheckSourceAllowed(const lock::LockedPackage& package, const pypi::Target& target,
                          const resolve::BinaryPolicies& binaries) {
  const resolve::BinaryPolicy policy = binaries.For(package.name);
  if (package.direct || policy == resolve::BinaryPolicy::kAnySource ||
      policy == resolve::BinaryPolicy::kNoWheels) {
    return Ok();
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = TitleOfPackage(package) + " has only a source distribution for " +
                          lock::DescribeTarget(target) + ", and building runs its code",
               .hints = {"allow it with --build " + package.name.ToString()}};
}

Result<build::BuildTask> TaskOfPackage(const lock::LockedPackage& package,
                                       const std::string& lock_directory, SourceBuilds& builds) {
  const std::string title = TitleOfPackage(package);
  if (!package.direct) {
    return builds.TaskOf(package.name, *package.sdist, lock_directory, title);
  }
  FLOWSTONE_LET(LocatedReference located, builds.Locate(package, lock_directory, title));
  return *std::move(located.task);
}

lock::LockedFile BuiltFile(const build::BuiltWheel& wheel) {
  lock::LockedFile file{.name = wheel.file_name, .path = wheel.path, .size = wheel.size};
  file.hashes.emplace("sha256", wheel.digest.ToString());
  return file;
}

}  // namespace

Result<std::optional<lock::Lock>> WithBuiltWheels(const lock::Lock& lock,
                                                  const pypi::Target& target,
                                                  const lock::SelectOptions& selection,
                                                  const std::string& lock_directory,
                                                  const resolve::BinaryPolicies& binaries,
                                                  SourceBuilds& builds, SourceUse use) {
  FLOWSTONE_LET(const std::vector<const lock::LockedPackage*> sources,
                lock::PackagesToBuild(lock, target, selection));
  if (!sources.empty()) {
    FLOWSTONE_TRY(builds.MatchRuntime(lock, selection));
  }
  lock::Lock complete = lock;
  for (const lock::LockedPackage* package : sources) {
    FLOWSTONE_LET(const build::BuildTask task, TaskOfPackage(*package, lock_directory, builds));
    FLOWSTONE_LET(std::optional<build::BuiltWheel> wheel, builds.Find(task));
    if (!wheel && use == SourceUse::kFind) {
      return std::optional<lock::Lock>();
    }
    if (!wheel) {
      FLOWSTONE_TRY(CheckSourceAllowed(*package, target, binaries));
      FLOWSTONE_LET(wheel, builds.Wheel(task));
    }
    const auto position = static_cast<std::size_t>(package - lock.packages.data());
    complete.packages[position].wheels = {BuiltFile(*wheel)};
  }
  return std::optional(std::move(complete));
}

}  // namespace flowstone::app
