#include "flowstone/lock/lock_select.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/error.h"
#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/target_text.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/target.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::lock {
namespace {

std::string Title(const LockedPackage& package) {
  const std::string name = package.name.ToString();
  return package.version ? name + " " + package.version->ToString() : name;
}

// A pre-release of an interpreter counts as the release it leads to, as it does for pip.
bool AcceptsPython(const pypi::SpecifierSet& requires_python, const pypi::Target& target) {
  return requires_python.Contains(target.python_full_version.BaseRelease());
}

Status CheckEnvironment(const Lock& lock, const pypi::Target& target) {
  if (!AcceptsPython(lock.requires_python, target)) {
    return Error{ErrorCode::kConflict, "the lock is for Python " + lock.requires_python.ToString() +
                                           ", not for " + DescribeTarget(target)};
  }
  const bool is_covered = lock.environments.empty() ||
                          std::ranges::any_of(lock.environments, [&](const pypi::Marker& marker) {
                            return marker.Evaluate(target.markers);
                          });
  if (!is_covered) {
    std::vector<std::string> environments;
    environments.reserve(lock.environments.size());
    for (const pypi::Marker& marker : lock.environments) {
      environments.push_back("the lock is for " + marker.ToString());
    }
    return Error{.code = ErrorCode::kConflict,
                 .message = "the lock is for other environments than " + DescribeTarget(target),
                 .hints = std::move(environments)};
  }
  return Ok();
}

// Of extras and groups that conflict, at most one can be installed.
Status CheckChoices(const Lock& lock, const pypi::MarkerSelection& selection) {
  if (!lock.tool) {
    return Ok();
  }
  for (const ConflictingChoices& conflict : lock.tool->conflicts) {
    std::vector<std::string> taken;
    for (const LockChoice& choice : conflict) {
      const bool is_taken =
          choice.extra
              ? std::ranges::find(selection.extras, *choice.extra) != selection.extras.end()
              : std::ranges::find(selection.groups, *choice.group) != selection.groups.end();
      if (is_taken) {
        taken.push_back(choice.ToString());
      }
    }
    if (taken.size() > 1) {
      return Error{.code = ErrorCode::kConflict,
                   .message = JoinText(taken, " and ") + " of the lock conflict",
                   .hints = {"choose one of them"}};
    }
  }
  return Ok();
}

// The entries that apply to the target, each package at most once.
Result<std::vector<const LockedPackage*>> ApplicablePackages(const Lock& lock,
                                                             const pypi::Target& target,
                                                             const SelectOptions& options) {
  const std::vector<pypi::GroupName>& groups =
      options.groups ? *options.groups : lock.default_groups;
  const pypi::MarkerSelection selection{.extras = options.extras, .groups = groups};
  FLOWSTONE_TRY(CheckChoices(lock, selection));
  std::vector<const LockedPackage*> applicable;
  for (const LockedPackage& package : lock.packages) {
    if (!package.marker.Evaluate(target.markers, selection)) {
      continue;
    }
    if (!AcceptsPython(package.requires_python, target)) {
      return Error{ErrorCode::kConflict, Title(package) + " in the lock requires Python " +
                                             package.requires_python.ToString() +
                                             ", and the target is " + DescribeTarget(target)};
    }
    applicable.push_back(&package);
  }
  std::ranges::stable_sort(applicable, {}, [](const LockedPackage* package) -> const pypi::Name& {
    return package->name;
  });
  const auto repeated = std::ranges::adjacent_find(
      applicable, {},
      [](const LockedPackage* package) -> const pypi::Name& { return package->name; });
  if (repeated != applicable.end()) {
    return Error{ErrorCode::kConflict, "the lock is ambiguous: both " + Title(**repeated) +
                                           " and " + Title(**(repeated + 1)) + " apply to " +
                                           DescribeTarget(target)};
  }
  return applicable;
}

Error NoWheelFits(const LockedPackage& package, const pypi::Target& target) {
  std::vector<std::string> tags;
  for (const LockedFile& wheel : package.wheels) {
    if (const Result<pypi::WheelName> name = pypi::WheelName::Parse(wheel.name)) {
      tags.push_back(name->tags.ToString());
    }
  }
  return Error{
      .code = ErrorCode::kConflict,
      .message = "no wheel of " + Title(package) + " in the lock fits " + DescribeTarget(target),
      .hints = {"the lock has wheels for " + JoinText(tags, ", ")}};
}

struct Choice {
  const LockedFile* file;
  pypi::WheelName name;
};

// The wheel whose best tag comes first; of equals the one with the highest build tag.
Result<Choice> BestWheel(const LockedPackage& package, const std::vector<const LockedFile*>& wheels,
                         const pypi::Target& target) {
  std::optional<Choice> best;
  std::size_t best_priority = 0;
  for (const LockedFile* wheel : wheels) {
    FLOWSTONE_LET(pypi::WheelName name, pypi::WheelName::Parse(wheel->name));
    const std::optional<std::size_t> priority = target.tags.Priority(name.tags);
    if (!priority) {
      continue;
    }
    const bool is_better = !best || *priority < best_priority ||
                           (*priority == best_priority && best->name.build < name.build);
    if (is_better) {
      best = Choice{wheel, std::move(name)};
      best_priority = *priority;
    }
  }
  if (!best) {
    return NoWheelFits(package, target);
  }
  return *std::move(best);
}

Result<std::vector<const LockedFile*>> WheelsOf(const LockedPackage& package) {
  std::vector<const LockedFile*> wheels;
  wheels.reserve(package.wheels.size() + 1);
  for (const LockedFile& wheel : package.wheels) {
    wheels.push_back(&wheel);
  }
  if (package.direct && package.direct->kind == DirectKind::kArchive &&
      package.direct->file.name.ends_with(".whl")) {
    wheels.push_back(&package.direct->file);
  }
  if (wheels.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "the lock has no wheel of " + Title(package) + ", only its source",
                 .hints = {"build a wheel of it and lock that: only wheels are installed"}};
  }
  return wheels;
}

Result<SelectedWheel> Select(const LockedPackage& package, const Lock& lock,
                             const pypi::Target& target) {
  FLOWSTONE_LET(const std::vector<const LockedFile*> wheels, WheelsOf(package));
  FLOWSTONE_LET(Choice choice, BestWheel(package, wheels, target));
  const std::optional<Digest> sha256 = choice.file->Sha256();
  if (!sha256) {
    return Error{ErrorCode::kInvalid, "the lock gives no sha256 of " + choice.file->name};
  }
  const bool is_requested =
      !lock.tool || lock.tool->requested.empty() ||
      std::ranges::find(lock.tool->requested, package.name) != lock.tool->requested.end();
  return SelectedWheel{package.name, std::move(choice.name.version), *choice.file, *sha256,
                       is_requested};
}

bool HasSource(const LockedPackage& package) {
  return package.sdist.has_value() ||
         (package.direct && !package.direct->file.name.ends_with(".whl"));
}

bool HasFittingWheel(const LockedPackage& package, const pypi::Target& target) {
  return std::ranges::any_of(package.wheels, [&](const LockedFile& wheel) {
    const Result<pypi::WheelName> name = pypi::WheelName::Parse(wheel.name);
    return name && target.tags.Priority(name->tags);
  });
}

}  // namespace

Result<std::vector<SelectedWheel>> SelectWheels(const Lock& lock, const pypi::Target& target,
                                                const SelectOptions& options) {
  FLOWSTONE_TRY(CheckEnvironment(lock, target));
  FLOWSTONE_LET(const std::vector<const LockedPackage*> packages,
                ApplicablePackages(lock, target, options));
  std::vector<SelectedWheel> selected;
  for (const LockedPackage* package : packages) {
    FLOWSTONE_LET(SelectedWheel wheel, Select(*package, lock, target));
    selected.push_back(std::move(wheel));
  }
  return selected;
}

Result<std::vector<const LockedPackage*>> PackagesFor(const Lock& lock, const pypi::Target& target,
                                                      const SelectOptions& options) {
  FLOWSTONE_TRY(CheckEnvironment(lock, target));
  FLOWSTONE_LET(std::vector<const LockedPackage*> packages,
                ApplicablePackages(lock, target, options));
  for (const LockedPackage* package : packages) {
    if (!HasSource(*package)) {
      FLOWSTONE_TRY(Select(*package, lock, target));
    }
  }
  return packages;
}

Result<std::vector<const LockedPackage*>> PackagesToBuild(const Lock& lock,
                                                          const pypi::Target& target,
                                                          const SelectOptions& options) {
  FLOWSTONE_TRY(CheckEnvironment(lock, target));
  FLOWSTONE_LET(std::vector<const LockedPackage*> packages,
                ApplicablePackages(lock, target, options));
  std::erase_if(packages, [&](const LockedPackage* package) {
    return !HasSource(*package) || HasFittingWheel(*package, target);
  });
  return packages;
}

}  // namespace flowstone::lock
