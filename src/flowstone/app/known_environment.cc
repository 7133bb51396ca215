// What EnvironmentService knows of a lock without reading it.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "flowstone/app/environment_service.h"
#include "flowstone/lock/lock_reader.h"

namespace flowstone::app {
namespace {

// Whether nothing was built for it.
bool HasOnlyWheelsOf(const install::EnvironmentSpec& spec, const lock::Lock& lock) {
  std::unordered_set<std::string_view> named;
  for (const lock::LockedPackage& package : lock.packages) {
    for (const lock::LockedFile& wheel : package.wheels) {
      if (const auto sha256 = wheel.hashes.find("sha256"); sha256 != wheel.hashes.end()) {
        named.insert(sha256->second);
      }
    }
  }
  return std::ranges::all_of(spec.packages, [&](const install::EnvironmentPackage& package) {
    return named.contains(package.wheel.digest.ToString());
  });
}

}  // namespace

bool EnvironmentService::TakesLocksAsTheyAre() const {
  return settings_.policies.binaries == resolve::BinaryPolicies{} &&
         settings_.builds.wish == resolve::BuildWish{};
}

void EnvironmentService::RememberKnown(const LockedEnvironment& locked,
                                       const install::EnvironmentSpec& spec,
                                       const Digest& id) const {
  if (locked.origin != LockedEnvironment::Origin::kGiven || !TakesLocksAsTheyAre() ||
      !HasOnlyWheelsOf(spec, locked.lock)) {
    return;
  }
  install::KnownEnvironments(machine_.filesystem, layout_)
      .Remember({.text = locked.text,
                 .directory = locked.directory,
                 .selection = locked.selection,
                 .interpreter = locked.interpreter,
                 .bytecode = settings_.bytecode},
                {.id = id, .package_count = spec.packages.size()});
}

Result<std::optional<install::Environment>> EnvironmentService::PrepareKnown(
    const std::string& text, const std::string& python, const std::string& directory,
    const lock::SelectOptions& selection) {
  const std::optional<pypi::SpecifierSet> written = lock::WrittenPython(text);
  if (!TakesLocksAsTheyAre() || (python.empty() && !written)) {
    return std::optional<install::Environment>();
  }
  // One that is not installed is no business of a lock that was not read.
  const Result<install::FoundInterpreter> found =
      FindInstalledPython(python.empty() ? written->ToString() : python);
  if (!found) {
    return std::optional<install::Environment>();
  }
  const install::Interpreter& interpreter = found->interpreter;
  const std::optional<install::KnownEnvironment> known =
      install::KnownEnvironments(machine_.filesystem, layout_)
          .Find({.text = text,
                 .directory = directory,
                 .selection = selection,
                 .interpreter = interpreter,
                 .bytecode = settings_.bytecode});
  return known ? TakeKnown(interpreter, *known) : std::optional<install::Environment>();
}

}  // namespace flowstone::app
