#include "flowstone/resolve/request.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/net/url.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_environment.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/target.h"
#include "flowstone/resolve/policies.h"

namespace flowstone::resolve {
namespace {

constexpr int kRequestVersion = 1;

// Sorted and once each: neither order nor repetition means anything.
std::vector<std::string> Texts(const std::vector<RequestedRequirement>& requirements) {
  std::vector<std::string> texts;
  texts.reserve(requirements.size());
  for (const RequestedRequirement& requested : requirements) {
    std::string text = requested.requirement.ToString();
    std::vector<RequiredHash> hashes = requested.hashes;
    std::ranges::sort(hashes);
    for (const RequiredHash& hash : hashes) {
      text += " --hash=" + hash.algorithm + ":" + hash.hex;
    }
    texts.push_back(std::move(text));
  }
  std::ranges::sort(texts);
  texts.erase(std::ranges::unique(texts).begin(), texts.end());
  return texts;
}

// Without the release and build of the operating system's kernel: they differ from machine to
// machine, and no release is made for one of them.
nlohmann::json Markers(const pypi::MarkerEnvironment& markers) {
  return {{"implementation_name", markers.implementation_name},
          {"implementation_version", markers.implementation_version},
          {"os_name", markers.os_name},
          {"platform_machine", markers.platform_machine},
          {"platform_python_implementation", markers.platform_python_implementation},
          {"platform_system", markers.platform_system},
          {"python_full_version", markers.python_full_version},
          {"python_version", markers.python_version},
          {"sys_platform", markers.sys_platform}};
}

std::string WithoutCredentials(const std::string& text) {
  const Result<net::Url> url = net::Url::Parse(text);
  return url ? url->WithoutCredentials().AsDirectory().ToString() : text;
}

nlohmann::json BinariesOf(const BinaryPolicies& binaries) {
  nlohmann::json document = {{"default", PolicyName(binaries.by_default)}};
  for (const auto& [project, policy] : binaries.by_project) {
    if (policy != binaries.by_default) {
      document["projects"][project.ToString()] = PolicyName(policy);
    }
  }
  return document;
}

nlohmann::json MetadataOf(const pypi::StatedMetadata& stated) {
  std::set<std::string> dependencies;
  for (const pypi::Requirement& requirement : stated.requires_dist) {
    pypi::Requirement plain = requirement;
    plain.url = plain.url.empty() ? "" : WithoutCredentials(plain.url);
    dependencies.insert(plain.ToString());
  }
  std::set<std::string> extras;
  for (const pypi::ExtraName& extra : stated.provides_extra) {
    extras.insert(extra.ToString());
  }
  return {{"requires-dist", dependencies},
          {"requires-python", stated.requires_python.ToString()},
          {"provides-extra", extras}};
}

// What most requests do not say has no entry, so that the identity of those that do not say it
// stays what it was before it could be said.
void AddUncommonWishes(const ResolveRequest& request, nlohmann::json& document) {
  if (!request.overrides.empty()) {
    document["overrides"] = Texts(request.overrides);
  }
  if (!request.excludes.empty()) {
    std::set<std::string> names;
    for (const pypi::Name& name : request.excludes) {
      names.insert(name.ToString());
    }
    document["excludes"] = names;
  }
  for (const auto& [project, moment] : request.exclude_newer_of_us) {
    if (moment != request.exclude_newer_us) {
      document["exclude-newer-of"][project.ToString()] =
          moment ? nlohmann::json(lock::FormatTimestamp(*moment)) : nlohmann::json(nullptr);
    }
  }
  for (const auto& [project, mode] : request.policies.prereleases_of) {
    if (mode != request.policies.prereleases) {
      document["prereleases-of"][project.ToString()] = PolicyName(mode);
    }
  }
  for (const pypi::StatedMetadata& stated : request.stated_metadata) {
    auto& about = document["metadata-of"][stated.name.ToString()];
    const std::string version = stated.version ? stated.version->ToString() : "";
    if (!about.contains(version)) {
      about[version] = MetadataOf(stated);
    }
  }
  if (const nlohmann::json binaries = BinariesOf(request.policies.binaries);
      binaries != BinariesOf({})) {
    document["binaries"] = binaries;
  }
  if (request.policies.forks != ForkPolicy::kNewestPerPython) {
    document["forks"] = PolicyName(request.policies.forks);
  }
  if (request.hashes == HashPolicy::kRequired) {
    document["hashes"] = "required";
  }
  if (!request.builds.constraints.empty()) {
    document["build-constraints"] = Texts(request.builds.constraints);
  }
  if (!request.builds.settings.empty()) {
    document["config-settings"] = request.builds.settings;
  }
  for (const auto& [project, settings] : request.builds.settings_of) {
    document["config-settings-of"][project.ToString()] = settings;
  }
  for (const auto& [project, required] : request.builds.requirements_of) {
    auto& texts = document["build-requirements-of"][project.ToString()];
    for (const BuildRequirement& one : required) {
      texts.push_back({one.requirement.ToString(), one.match == VersionMatch::kRuntime});
    }
  }
  for (const auto& [project, variables] : request.builds.variables_of) {
    document["build-variables-of"][project.ToString()] = variables;
  }
}

std::vector<std::string> MarkerTexts(const std::vector<pypi::Marker>& markers) {
  std::vector<std::string> texts;
  texts.reserve(markers.size());
  for (const pypi::Marker& marker : markers) {
    texts.push_back(marker.ToString());
  }
  return texts;
}

nlohmann::json TargetDocument(const pypi::Target& target) {
  return {{"python", target.python_full_version.ToString()},
          {"markers", Markers(target.markers)},
          {"tags", target.tags.digest().ToString()}};
}

void AddTarget(const ResolveRequest& request, nlohmann::json& document) {
  if (request.universal) {
    document["universal"] = {
        {"requires-python", request.universal->requires_python.ToString()},
        {"environments", MarkerTexts(request.universal->environments)},
        {"required-environments", MarkerTexts(request.universal->required_environments)}};
    for (const lock::ConflictingChoices& conflict : request.universal->conflicts) {
      nlohmann::json choices = nlohmann::json::array();
      for (const lock::LockChoice& choice : conflict) {
        choices.push_back(choice.ToString());
      }
      document["universal"]["conflicts"].push_back(std::move(choices));
    }
    return;
  }
  if (request.targets.empty()) {
    document.update(TargetDocument(request.target));
    return;
  }
  document["targets"] = nlohmann::json::array();
  for (const pypi::Target& target : request.targets) {
    document["targets"].push_back(TargetDocument(target));
  }
}

}  // namespace

BuildWish::Settings BuildWish::SettingsFor(const pypi::Name& project) const {
  const auto own = settings_of.find(project);
  if (own == settings_of.end()) {
    return settings;
  }
  Settings merged = own->second;
  merged.insert(settings.begin(), settings.end());
  return merged;
}

std::string BuildWish::UnisolatedBy(const pypi::Name& project) const {
  const auto required = requirements_of.find(project);
  if (required != requirements_of.end() && !required->second.empty()) {
    return {};
  }
  const auto own = unisolated_projects.find(project);
  return own == unisolated_projects.end() ? unisolated : own->second;
}

void BuildWish::Add(const BuildWish& other) {
  for (const RequestedRequirement& constraint : other.constraints) {
    const bool is_known = std::ranges::any_of(constraints, [&](const auto& known) {
      return known.requirement == constraint.requirement;
    });
    if (!is_known) {
      constraints.push_back(constraint);
    }
  }
  for (const auto& [key, values] : other.settings) {
    settings[key] = values;
  }
  for (const auto& [project, of_project] : other.settings_of) {
    for (const auto& [key, values] : of_project) {
      settings_of[project][key] = values;
    }
  }
  for (const auto& [project, required] : other.requirements_of) {
    std::vector<BuildRequirement>& all = requirements_of[project];
    for (const BuildRequirement& one : required) {
      if (std::ranges::find(all, one) == all.end()) {
        all.push_back(one);
      }
    }
  }
  for (const auto& [project, variables] : other.variables_of) {
    for (const auto& [name, value] : variables) {
      variables_of[project][name] = value;
    }
  }
  unisolated = other.unisolated.empty() ? unisolated : other.unisolated;
  unisolated_projects.insert(other.unisolated_projects.begin(), other.unisolated_projects.end());
}

std::optional<std::int64_t> ResolveRequest::ExcludeNewerUs(const pypi::Name& project) const {
  const auto own = exclude_newer_of_us.find(project);
  return own == exclude_newer_of_us.end() ? exclude_newer_us : own->second;
}

std::string CanonicalJson(const ResolveRequest& request) {
  const ResolvePolicies& policies = request.policies;
  nlohmann::json document = {{"version", kRequestVersion},
                             {"requirements", Texts(request.requirements)},
                             {"constraints", Texts(request.constraints)},
                             {"prereleases", PolicyName(policies.prereleases)},
                             {"resolution", PolicyName(policies.resolution)},
                             {"yanked", PolicyName(policies.yanked)},
                             {"upper-python-bound", PolicyName(policies.upper_python_bound)}};
  AddTarget(request, document);
  document["indexes"] = nlohmann::json::array();
  for (const std::string& index : request.indexes) {
    document["indexes"].push_back(WithoutCredentials(index));
  }
  if (request.exclude_newer_us) {
    document["exclude-newer"] = lock::FormatTimestamp(*request.exclude_newer_us);
  }
  AddUncommonWishes(request, document);
  return document.dump();
}

Digest RequestDigest(const ResolveRequest& request) {
  return Digest::Of(CanonicalJson(request));
}

}  // namespace flowstone::resolve
