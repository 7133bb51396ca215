#include "flowstone/resolve/request_record.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/lock/target_text.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/lock/url_credentials.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/resolve/policies.h"
#include "flowstone/resolve/request.h"

namespace flowstone::resolve {
namespace {

std::string WishText(const RequestedRequirement& wanted) {
  pypi::Requirement requirement = wanted.requirement;
  requirement.url = lock::WithoutCredentials(requirement.url);
  std::string text = requirement.ToString();
  std::vector<RequiredHash> hashes = wanted.hashes;
  std::ranges::sort(hashes);
  for (const RequiredHash& hash : hashes) {
    text += " --hash=" + hash.algorithm + ":" + hash.hex;
  }
  return text;
}

// Sorted by text, with all the origins of equal ones, as the lock's text has them.
std::vector<lock::LockedWish> WishesOf(const std::vector<RequestedRequirement>& requirements) {
  std::map<std::string, std::vector<std::string>> origins;
  for (const RequestedRequirement& wanted : requirements) {
    std::vector<std::string>& askers = origins[WishText(wanted)];
    if (!wanted.origin.empty()) {
      askers.push_back(wanted.origin);
    }
  }
  std::vector<lock::LockedWish> wishes;
  for (auto& [text, askers] : origins) {
    std::ranges::sort(askers);
    askers.erase(std::ranges::unique(askers).begin(), askers.end());
    wishes.push_back({.text = text, .origins = std::move(askers)});
  }
  return wishes;
}

std::vector<lock::LockedWish> ExcludesOf(const ResolveRequest& request) {
  std::vector<lock::LockedWish> wishes;
  wishes.reserve(request.excludes.size());
  for (const pypi::Name& name : request.excludes) {
    wishes.push_back({.text = name.ToString()});
  }
  std::ranges::sort(wishes, {}, &lock::LockedWish::text);
  return wishes;
}

template <class Policy>
void AddOption(std::map<std::string, std::string>& options, const std::string& key, Policy value,
               Policy usual) {
  if (value != usual) {
    options.emplace(key, PolicyName(value));
  }
}

// What a lock for all environments must do, beyond being for them.
void AddUniversalOptions(const UniversalWish& wish, std::map<std::string, std::string>& options) {
  std::vector<std::string> texts;
  texts.reserve(wish.required_environments.size());
  for (const pypi::Marker& required : wish.required_environments) {
    texts.push_back(required.ToString());
  }
  if (!texts.empty()) {
    options.emplace("required-environments", JoinText(texts, "; "));
  }
}

std::string StatedText(pypi::StatedMetadata stated) {
  for (pypi::Requirement& requirement : stated.requires_dist) {
    requirement.url = lock::WithoutCredentials(requirement.url);
  }
  return stated.ToString();
}

// The policies that are not the default ones, by the names that command lines have.
std::map<std::string, std::string> OptionsOf(const ResolveRequest& request) {
  const ResolvePolicies& policies = request.policies;
  const ResolvePolicies usual;
  std::map<std::string, std::string> options;
  AddOption(options, "prerelease", policies.prereleases, usual.prereleases);
  for (const auto& [project, mode] : policies.prereleases_of) {
    AddOption(options, "prerelease-of-" + project.ToString(), mode, policies.prereleases);
  }
  AddOption(options, "resolution", policies.resolution, usual.resolution);
  AddOption(options, "yanked", policies.yanked, usual.yanked);
  AddOption(options, "upper-python-bound", policies.upper_python_bound, usual.upper_python_bound);
  AddOption(options, "forks", policies.forks, usual.forks);
  AddOption(options, "files", policies.binaries.by_default, usual.binaries.by_default);
  for (const auto& [project, policy] : policies.binaries.by_project) {
    AddOption(options, "files-of-" + project.ToString(), policy, policies.binaries.by_default);
  }
  for (const pypi::StatedMetadata& stated : request.stated_metadata) {
    const std::string version = stated.version ? "-" + stated.version->ToString() : "";
    options.emplace("metadata-of-" + stated.name.ToString() + version, StatedText(stated));
  }
  if (request.hashes == HashPolicy::kRequired) {
    options.emplace("hashes", "required");
  }
  if (request.universal) {
    AddUniversalOptions(*request.universal, options);
  }
  return options;
}

const std::string* FindText(const std::vector<lock::LockedWish>& wishes, const std::string& text) {
  const auto found = std::ranges::find(wishes, text, &lock::LockedWish::text);
  return found == wishes.end() ? nullptr : &found->text;
}

std::string WithOrigins(const lock::LockedWish& wish) {
  return wish.origins.empty() ? wish.text
                              : wish.text + " (" + JoinText(wish.origins, " and ") + ")";
}

// What one list has and the other has not, both ways.
void CompareWishes(std::string_view what, const std::vector<lock::LockedWish>& locked,
                   const std::vector<lock::LockedWish>& asked,
                   std::vector<std::string>& mismatches) {
  for (const lock::LockedWish& wish : asked) {
    if (FindText(locked, wish.text) == nullptr) {
      mismatches.push_back("it was not made for the " + std::string(what) + " " +
                           WithOrigins(wish));
    }
  }
  for (const lock::LockedWish& wish : locked) {
    if (FindText(asked, wish.text) == nullptr) {
      mismatches.push_back("it was made for the " + std::string(what) + " " + WithOrigins(wish) +
                           ", which nobody asks for now");
    }
  }
}

std::string OptionText(const std::string& key, const std::string& value) {
  std::string text = key;
  return text.append("=").append(value);
}

void CompareOptions(const std::map<std::string, std::string>& locked,
                    const std::map<std::string, std::string>& asked,
                    std::vector<std::string>& mismatches) {
  for (const auto& [key, value] : asked) {
    const auto found = locked.find(key);
    if (found == locked.end() || found->second != value) {
      mismatches.push_back("it was not resolved with " + OptionText(key, value));
    }
  }
  for (const auto& [key, value] : locked) {
    if (!asked.contains(key)) {
      mismatches.push_back("it was resolved with " + OptionText(key, value));
    }
  }
}

void CompareSettings(const std::map<std::string, std::vector<std::string>>& locked,
                     const std::map<std::string, std::vector<std::string>>& asked,
                     std::vector<std::string>& mismatches) {
  for (const auto& [project, settings] : asked) {
    const auto found = locked.find(project);
    if (found == locked.end() || found->second != settings) {
      mismatches.push_back("it was not made with the build settings " + JoinText(settings, " ") +
                           (project == "*" ? "" : " of " + project));
    }
  }
  for (const auto& [project, settings] : locked) {
    if (!asked.contains(project)) {
      mismatches.push_back("it was made with the build settings " + JoinText(settings, " ") +
                           (project == "*" ? "" : " of " + project) +
                           ", which nobody asks for now");
    }
  }
}

// Whether a lock of one cut-off does for another that was so long ago when it was asked for.
bool IsOldEnough(const std::string& locked, const std::string& asked) {
  const auto locked_us = lock::ParseTimestamp(locked);
  const auto asked_us = lock::ParseTimestamp(asked);
  return locked_us && asked_us && *locked_us <= *asked_us;
}

void CompareCutOffs(const lock::ToolTable& locked, const lock::ToolTable& asked, CutOffKind kind,
                    std::vector<std::string>& mismatches) {
  const bool is_old_enough =
      kind == CutOffKind::kAge && IsOldEnough(locked.exclude_newer, asked.exclude_newer);
  if (!asked.exclude_newer.empty() && locked.exclude_newer != asked.exclude_newer &&
      !is_old_enough) {
    mismatches.push_back(
        locked.exclude_newer.empty()
            ? "it was made without a cut-off date, and " + asked.exclude_newer + " is asked for"
            : "its cut-off date is " + locked.exclude_newer + ", not " + asked.exclude_newer);
  }
  for (const auto& [name, moment] : asked.exclude_newer_packages) {
    const auto found = locked.exclude_newer_packages.find(name);
    if (found == locked.exclude_newer_packages.end() || found->second != moment) {
      mismatches.push_back("it was not made with the cut-off date " + moment + " for " +
                           name.ToString());
    }
  }
}

bool RecordsRequest(const lock::Lock& lock) {
  return lock.tool && !lock.tool->requirements.empty();
}

// Of a lock that does not say what it was made for: each wish is met by what would be installed.
void CompareWithPackages(const std::vector<const lock::LockedPackage*>& packages,
                         const ResolveRequest& request, std::vector<std::string>& mismatches) {
  std::map<pypi::Name, const lock::LockedPackage*> by_name;
  for (const lock::LockedPackage* package : packages) {
    by_name.emplace(package->name, package);
  }
  const auto check = [&](const RequestedRequirement& wanted, bool is_needed) {
    const pypi::Requirement& requirement = wanted.requirement;
    if (!requirement.marker.Evaluate(request.target.markers)) {
      return;
    }
    const auto found = by_name.find(requirement.name);
    const std::string asked =
        requirement.ToString() + (wanted.origin.empty() ? "" : " (" + wanted.origin + ")");
    if (found == by_name.end()) {
      if (is_needed) {
        mismatches.push_back("it has no " + requirement.name.ToString() + ", and " + asked +
                             " is asked for");
      }
      return;
    }
    const std::optional<pypi::Version>& version = found->second->version;
    if (requirement.url.empty() && version && !requirement.specifiers.Contains(*version)) {
      mismatches.push_back("it has " + requirement.name.ToString() + " " + version->ToString() +
                           ", and " + asked + " is asked for");
    }
  };
  for (const RequestedRequirement& wanted : request.requirements) {
    check(wanted, true);
  }
  for (const RequestedRequirement& wanted : request.constraints) {
    check(wanted, false);
  }
}

// A lock for all environments must be for the same ones.
void CompareEnvironments(const lock::Lock& lock, const UniversalWish& wish,
                         std::vector<std::string>& mismatches) {
  if (!(lock.requires_python == wish.requires_python)) {
    mismatches.push_back("it is for Python " + lock.requires_python.ToString() + ", and " +
                         wish.requires_python.ToString() + " is asked for");
  }
  if (lock.environments != wish.environments) {
    mismatches.emplace_back("it is for other environments");
  }
}

// What the lock is for, in words.
std::vector<std::string> TargetTexts(const ResolveRequest& request) {
  if (request.universal) {
    const std::string python = request.universal->requires_python.ToString();
    return {"every environment" + (python.empty() ? "" : " with Python " + python)};
  }
  if (request.targets.empty()) {
    return {lock::DescribeTarget(request.target)};
  }
  std::vector<std::string> texts;
  texts.reserve(request.targets.size());
  for (const pypi::Target& target : request.targets) {
    texts.push_back(lock::DescribeTarget(target));
  }
  return texts;
}

}  // namespace

namespace {

constexpr const char* kAllProjects = "*";

std::vector<std::string> SettingTexts(const BuildWish::Settings& settings) {
  std::vector<std::string> texts;
  for (const auto& [key, values] : settings) {
    for (const std::string& value : values) {
      texts.push_back(OptionText(key, value));
    }
  }
  return texts;
}

BuildWish::Settings SettingsOf(const std::vector<std::string>& texts) {
  BuildWish::Settings settings;
  for (const std::string& text : texts) {
    const std::size_t equals = std::min(text.find('='), text.size());
    settings[text.substr(0, equals)].push_back(text.substr(std::min(equals + 1, text.size())));
  }
  return settings;
}

std::map<std::string, std::vector<std::string>> SettingsRecord(const BuildWish& builds) {
  std::map<std::string, std::vector<std::string>> record;
  if (!builds.settings.empty()) {
    record.emplace(kAllProjects, SettingTexts(builds.settings));
  }
  for (const auto& [project, settings] : builds.settings_of) {
    record.emplace(project.ToString(), SettingTexts(settings));
  }
  return record;
}

std::map<std::string, std::vector<std::string>> RequirementsRecord(const BuildWish& builds,
                                                                   VersionMatch match) {
  std::map<std::string, std::vector<std::string>> record;
  for (const auto& [project, required] : builds.requirements_of) {
    for (const BuildRequirement& one : required) {
      if (one.match == match) {
        record[project.ToString()].push_back(one.requirement.ToString());
      }
    }
  }
  return record;
}

std::map<std::string, std::vector<std::string>> VariablesRecord(const BuildWish& builds) {
  std::map<std::string, std::vector<std::string>> record;
  for (const auto& [project, variables] : builds.variables_of) {
    for (const auto& [name, value] : variables) {
      record[project.ToString()].push_back(OptionText(name, value));
    }
  }
  return record;
}

Status ReadBuildVariables(const std::map<std::string, std::vector<std::string>>& record,
                          BuildWish& builds) {
  for (const auto& [text, variables] : record) {
    FLOWSTONE_LET(
        const pypi::Name project,
        Annotate(pypi::Name::Parse(text), "while reading the build variables of the lock"));
    for (const auto& [name, values] : SettingsOf(variables)) {
      builds.variables_of[project].emplace(name, values.back());
    }
  }
  return Ok();
}

Status ReadBuildRequirements(const std::map<std::string, std::vector<std::string>>& record,
                             VersionMatch match, BuildWish& builds) {
  const std::string frame = "while reading the build requirements of the lock";
  for (const auto& [text, requirements] : record) {
    FLOWSTONE_LET(const pypi::Name project, Annotate(pypi::Name::Parse(text), frame));
    for (const std::string& required : requirements) {
      FLOWSTONE_LET(pypi::Requirement requirement,
                    Annotate(pypi::Requirement::Parse(required), frame));
      builds.requirements_of[project].push_back(
          {.requirement = std::move(requirement), .match = match});
    }
  }
  return Ok();
}

}  // namespace

Result<BuildWish> RecordedBuilds(const lock::ToolTable& record) {
  BuildWish builds;
  for (const lock::LockedWish& wish : record.build_constraints) {
    FLOWSTONE_LET(pypi::Requirement requirement,
                  Annotate(pypi::Requirement::Parse(wish.text),
                           "while reading the build constraints of the lock"));
    builds.constraints.push_back({.requirement = std::move(requirement)});
  }
  for (const auto& [text, settings] : record.config_settings) {
    if (text == kAllProjects) {
      builds.settings = SettingsOf(settings);
      continue;
    }
    FLOWSTONE_LET(const pypi::Name project,
                  Annotate(pypi::Name::Parse(text), "while reading the settings of the lock"));
    builds.settings_of.emplace(project, SettingsOf(settings));
  }
  FLOWSTONE_TRY(ReadBuildRequirements(record.build_requirements, VersionMatch::kAny, builds));
  FLOWSTONE_TRY(
      ReadBuildRequirements(record.runtime_build_requirements, VersionMatch::kRuntime, builds));
  FLOWSTONE_TRY(ReadBuildVariables(record.build_variables, builds));
  return builds;
}

lock::ToolTable RecordOf(const ResolveRequest& request) {
  lock::ToolTable record{
      .requests = {RequestDigest(request)},
      .targets = TargetTexts(request),
      .requirements = WishesOf(request.requirements),
      .constraints = WishesOf(request.constraints),
      .overrides = WishesOf(request.overrides),
      .excludes = ExcludesOf(request),
      .build_constraints = WishesOf(request.builds.constraints),
      .config_settings = SettingsRecord(request.builds),
      .build_requirements = RequirementsRecord(request.builds, VersionMatch::kAny),
      .runtime_build_requirements = RequirementsRecord(request.builds, VersionMatch::kRuntime),
      .build_variables = VariablesRecord(request.builds),
      .options = OptionsOf(request)};
  if (request.universal) {
    record.conflicts = request.universal->conflicts;
  }
  if (request.exclude_newer_us) {
    record.exclude_newer = lock::FormatTimestamp(*request.exclude_newer_us);
  }
  for (const auto& [name, moment] : request.exclude_newer_of_us) {
    if (moment != request.exclude_newer_us) {
      record.exclude_newer_packages.emplace(name,
                                            moment ? lock::FormatTimestamp(*moment) : "never");
    }
  }
  return record;
}

std::vector<std::string> Mismatches(const lock::Lock& lock, const ResolveRequest& request,
                                    const lock::SelectOptions& selection) {
  std::vector<std::string> mismatches;
  if (RecordsRequest(lock)) {
    const lock::ToolTable asked = RecordOf(request);
    const lock::ToolTable& locked = *lock.tool;
    CompareWishes("requirement", locked.requirements, asked.requirements, mismatches);
    CompareWishes("constraint", locked.constraints, asked.constraints, mismatches);
    CompareWishes("override", locked.overrides, asked.overrides, mismatches);
    CompareWishes("exclude", locked.excludes, asked.excludes, mismatches);
    CompareWishes("build constraint", locked.build_constraints, asked.build_constraints,
                  mismatches);
    CompareSettings(locked.config_settings, asked.config_settings, mismatches);
    if (locked.build_requirements != asked.build_requirements ||
        locked.runtime_build_requirements != asked.runtime_build_requirements) {
      mismatches.emplace_back("builds of its sources require something else");
    }
    if (locked.build_variables != asked.build_variables) {
      mismatches.emplace_back("builds of its sources have other variables");
    }
    CompareOptions(locked.options, asked.options, mismatches);
    CompareCutOffs(locked, asked, request.exclude_newer_kind, mismatches);
    if (locked.conflicts != asked.conflicts) {
      mismatches.emplace_back("its extras and groups conflict in other ways");
    }
  }
  if (request.universal) {
    CompareEnvironments(lock, *request.universal, mismatches);
    return mismatches;
  }
  for (const pypi::Target& target : request.targets) {
    if (const auto packages = lock::PackagesFor(lock, target, selection); !packages) {
      mismatches.push_back(packages.error().message);
    }
  }
  if (!request.targets.empty()) {
    return mismatches;
  }
  const auto packages = lock::PackagesFor(lock, request.target, selection);
  if (!packages) {
    mismatches.push_back(packages.error().message);
  } else if (!RecordsRequest(lock)) {
    CompareWithPackages(*packages, request, mismatches);
  }
  return mismatches;
}

}  // namespace flowstone::resolve
