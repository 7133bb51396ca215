#include "flowstone/resolve/scenario.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/error.h"
#include "flowstone/base/progress.h"
#include "flowstone/base/text.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/lock/toml_library.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/pypi/compatible_tags.h"
#include "flowstone/pypi/target.h"
#include "flowstone/pypi/version.h"

namespace flowstone::resolve {
namespace {

constexpr const char* kDefaultPython = "3.12";

std::vector<std::string> Texts(const toml::node_view<const toml::node>& node) {
  std::vector<std::string> texts;
  if (const toml::array* array = node.as_array()) {
    for (const toml::node& element : *array) {
      texts.push_back(element.value_or(std::string()));
    }
  }
  return texts;
}

PublishedRelease ReadRelease(const std::string& name, const std::string& version,
                             const toml::table& table) {
  PublishedRelease release{.name = name, .version = version};
  release.dependencies = Texts(table["requires"]);
  if (const toml::table* extras = table["extras"].as_table()) {
    for (const auto& [extra, node] : *extras) {
      release.extras[std::string(extra.str())] = Texts((*extras)[extra]);
    }
  }
  release.requires_python = table["requires_python"].value<std::string>();
  if (table["wheel_tags"]) {
    release.wheel_tags = Texts(table["wheel_tags"]);
  }
  if (!table["wheel"].value_or(true)) {
    release.wheel_tags.clear();
  }
  release.has_source = table["sdist"].value_or(true);
  if (table["yanked"].value_or(false)) {
    release.yanked = table["yanked_reason"].value_or(std::string());
  }
  if (const auto uploaded = table["uploaded"].value<std::string>()) {
    release.upload_time_us = lock::ParseTimestamp(*uploaded);
  }
  return release;
}

void ReadPackages(const toml::table& document, MemorySource& source) {
  const toml::table* packages = document["packages"].as_table();
  if (packages == nullptr) {
    return;
  }
  for (const auto& [name, package] : *packages) {
    const toml::table* versions = package.at_path("versions").as_table();
    if (versions == nullptr) {
      continue;
    }
    for (const auto& [version, release] : *versions) {
      source.Publish(
          ReadRelease(std::string(name.str()), std::string(version.str()), *release.as_table()));
    }
  }
}

Status ReadWishes(const std::vector<std::string>& texts, const std::string& origin,
                  std::vector<RequestedRequirement>& wishes) {
  for (const std::string& text : texts) {
    FLOWSTONE_LET(pypi::Requirement requirement, pypi::Requirement::Parse(text));
    wishes.push_back({std::move(requirement), origin});
  }
  return Ok();
}

// The policy of a key of `resolver_options`; `kept` when the scenario has no such key.
template <typename Policy>
Result<Policy> ReadPolicy(const toml::node_view<const toml::node>& node, Policy kept,
                          std::optional<Policy> (*parse)(std::string_view)) {
  if (!node) {
    return kept;
  }
  const std::string name = node.value_or(std::string());
  const std::optional<Policy> policy = parse(name);
  if (!policy) {
    return Error{ErrorCode::kInvalid, "no policy has the name '" + name + "'"};
  }
  return *policy;
}

Status ReadBinaryPolicies(const toml::node_view<const toml::node>& options,
                          BinaryPolicies& binaries) {
  FLOWSTONE_LET(binaries.by_default,
                ReadPolicy(options["binaries"], binaries.by_default, &ParseBinaryPolicy));
  const std::pair<const char*, BinaryPolicy> lists[] = {{"no_build", BinaryPolicy::kOnlyWheels},
                                                        {"no_binary", BinaryPolicy::kNoWheels}};
  for (const auto& [key, policy] : lists) {
    for (const std::string& text : Texts(options[key])) {
      FLOWSTONE_LET(const pypi::Name name, pypi::Name::Parse(text));
      binaries.by_project.insert_or_assign(name, policy);
    }
  }
  return Ok();
}

Result<ResolvePolicies> ReadPolicies(const toml::table& document,
                                     const ScenarioDefaults& defaults) {
  ResolvePolicies policies = PoliciesFor(defaults.tool);
  policies.binaries.by_default = defaults.binaries;
  const auto options = document["resolver_options"];
  if (options["prereleases"].is_boolean()) {
    policies.prereleases =
        options["prereleases"].value_or(false) ? PrereleaseMode::kAllow : PrereleaseMode::kDisallow;
  } else {
    FLOWSTONE_LET(policies.prereleases,
                  ReadPolicy(options["prereleases"], policies.prereleases, &ParsePrereleaseMode));
  }
  FLOWSTONE_LET(policies.resolution,
                ReadPolicy(options["resolution"], policies.resolution, &ParseResolutionMode));
  FLOWSTONE_LET(policies.yanked, ReadPolicy(options["yanked"], policies.yanked, &ParseYankedMode));
  FLOWSTONE_LET(policies.upper_python_bound,
                ReadPolicy(options["upper_python_bound"], policies.upper_python_bound,
                           &ParseUpperPythonBound));
  FLOWSTONE_LET(policies.forks,
                ReadPolicy(options["fork_strategy"], policies.forks, &ParseForkPolicy));
  FLOWSTONE_TRY(ReadBinaryPolicies(options, policies.binaries));
  return policies;
}

// Moments by project; `false` lifts the general one.
Status ReadExcludeNewerOf(const toml::node_view<const toml::node>& node, ResolveRequest& request) {
  if (const toml::table* moments = node.as_table()) {
    for (const auto& [name, moment] : *moments) {
      FLOWSTONE_LET(pypi::Name project, pypi::Name::Parse(name.str()));
      const auto text = moment.value<std::string>();
      request.exclude_newer_of_us.emplace(
          std::move(project), text ? lock::ParseTimestamp(*text) : std::optional<std::int64_t>());
    }
  }
  return Ok();
}

void ReadExpectation(const toml::table& document, Scenario& scenario) {
  const auto expected = document["expected"];
  scenario.is_satisfiable = expected["satisfiable"].value_or(true);
  if (const toml::table* packages = expected["packages"].as_table()) {
    scenario.packages.emplace();
    for (const auto& [name, version] : *packages) {
      scenario.packages->emplace(name.str(), version.value_or(std::string()));
    }
  }
  if (expected["reasons"]) {
    scenario.reasons = Texts(expected["reasons"]);
  }
  if (expected["hints"]) {
    scenario.hints = Texts(expected["hints"]);
  }
  if (expected["warnings"]) {
    scenario.warnings = Texts(expected["warnings"]);
  }
}

Result<std::vector<pypi::Marker>> ReadMarkers(const toml::node_view<const toml::node>& node) {
  std::vector<pypi::Marker> markers;
  for (const std::string& text : Texts(node)) {
    FLOWSTONE_LET(pypi::Marker marker, pypi::Marker::Parse(text));
    markers.push_back(std::move(marker));
  }
  return markers;
}

Result<UniversalWish> ReadUniversalWish(const toml::table& document) {
  const auto options = document["resolver_options"];
  const std::string python = document["root"]["requires_python"].value_or(
      ">=" + document["environment"]["python"].value_or(std::string(kDefaultPython)));
  UniversalWish wish{.requires_python = {}};
  FLOWSTONE_LET(wish.requires_python, pypi::SpecifierSet::Parse(python));
  FLOWSTONE_LET(wish.environments, ReadMarkers(options["environments"]));
  FLOWSTONE_LET(wish.required_environments, ReadMarkers(options["required_environments"]));
  return wish;
}

Result<ResolveRequest> ReadRequest(const toml::table& document, const ScenarioDefaults& defaults) {
  const auto options = document["resolver_options"];
  const auto root = document["root"];
  ResolveRequest request{.requirements = {}, .target = {}};
  FLOWSTONE_TRY(ReadWishes(Texts(root["requires"]), "the root", request.requirements));
  FLOWSTONE_TRY(ReadWishes(Texts(root["constraints"]), "constraints.txt", request.constraints));
  FLOWSTONE_TRY(ReadWishes(Texts(root["overrides"]), "overrides.txt", request.overrides));
  for (const std::string& text : Texts(root["excludes"])) {
    FLOWSTONE_LET(pypi::Name name, pypi::Name::Parse(text));
    request.excludes.push_back(std::move(name));
  }
  FLOWSTONE_LET(request.policies, ReadPolicies(document, defaults));
  const std::string python = options["python"].value_or(
      document["environment"]["python"].value_or(std::string(kDefaultPython)));
  if (const auto platform = options["python_platform"].value<std::string>()) {
    FLOWSTONE_LET(request.target, PlatformTarget(python, *platform));
  } else {
    request.target = LinuxTarget(python);
  }
  if (const auto newest = options["exclude_newer"].value<std::string>()) {
    request.exclude_newer_us = lock::ParseTimestamp(*newest);
  }
  if (options["universal"].value_or(false)) {
    FLOWSTONE_LET(request.universal, ReadUniversalWish(document));
  }
  FLOWSTONE_TRY(ReadExcludeNewerOf(options["exclude_newer_of"], request));
  if (options["require_hashes"].value_or(false)) {
    request.hashes = HashPolicy::kRequired;
  }
  return request;
}

Result<Scenario> ReadDocument(const toml::table& document, const ScenarioDefaults& defaults) {
  Scenario scenario;
  scenario.name = document["name"].value_or(std::string());
  ReadPackages(document, scenario.source);
  FLOWSTONE_LET(scenario.request, ReadRequest(document, defaults));
  if (const toml::table* preferences = document["preferences"].as_table()) {
    for (const auto& [name, version] : *preferences) {
      FLOWSTONE_LET(pypi::Name project, pypi::Name::Parse(name.str()));
      FLOWSTONE_LET(pypi::Version preferred, pypi::Version::Parse(version.value_or(std::string())));
      scenario.options.preferences.emplace_back(std::move(project), std::move(preferred));
    }
  }
  scenario.is_universal = document["resolver_options"]["universal"].value_or(false);
  ReadExpectation(document, scenario);
  return scenario;
}

std::string ListPackages(const std::map<std::string, std::string>& packages) {
  std::vector<std::string> texts;
  texts.reserve(packages.size());
  for (const auto& [name, version] : packages) {
    texts.push_back(name);
    texts.back().append(" ").append(version);
  }
  return texts.empty() ? "nothing" : JoinText(texts, ", ");
}

std::string CompareResolution(const Scenario& scenario, const Resolution& resolution) {
  std::map<std::string, std::string> packages;
  for (const lock::LockedPackage& package : resolution.lock.packages) {
    packages.emplace(package.name.ToString(), package.version->ToString());
  }
  if (!scenario.is_satisfiable) {
    return "expected a conflict, got " + ListPackages(packages);
  }
  if (scenario.packages && *scenario.packages != packages) {
    return "expected " + ListPackages(*scenario.packages) + ", got " + ListPackages(packages);
  }
  if (scenario.warnings && resolution.warnings != *scenario.warnings) {
    return "expected other warnings than: " + JoinText(resolution.warnings, "; ");
  }
  return "";
}

// "3.12" is 3.12.0.
pypi::Version Full(const pypi::Version& version) {
  return *pypi::Version::Parse(std::to_string(version.release(0)) + "." +
                               std::to_string(version.release(1)) + "." +
                               std::to_string(version.release(2)));
}

// With glibc 2.`glibc_minor`, unless that is 0.
pypi::InterpreterFacts FactsOf(const pypi::Version& python, const std::string& platform,
                               int glibc_minor) {
  pypi::InterpreterFacts facts{.version_major = static_cast<int>(python.release(0)),
                               .version_minor = static_cast<int>(python.release(1)),
                               .platform = platform};
  if (glibc_minor != 0) {
    facts.libc = pypi::Libc::kGlibc;
    facts.libc_major = 2;
    facts.libc_minor = glibc_minor;
  }
  return facts;
}

}  // namespace

pypi::Target LinuxTarget(std::string_view python) {
  const pypi::Version version = *pypi::Version::Parse(python);
  pypi::Target target = *pypi::Target::Of(FactsOf(version, "linux-x86_64", 36), Full(version));
  target.markers.platform_release = "6.1.0";
  target.markers.platform_version = "#1 SMP";
  return target;
}

Result<pypi::Target> PlatformTarget(std::string_view python, std::string_view platform) {
  FLOWSTONE_LET(const pypi::Version version, pypi::Version::Parse(python));
  if (platform == "windows") {
    return pypi::Target::Of(FactsOf(version, "win-amd64", 0), Full(version));
  }
  if (platform == "macos") {
    return pypi::Target::Of(FactsOf(version, "macosx-13.0-arm64", 0), Full(version));
  }
  if (platform == "linux") {
    return pypi::Target::Of(FactsOf(version, "linux-x86_64", 28), Full(version));
  }
  const std::size_t dash = platform.find('-');
  const std::string machine(platform.substr(0, dash));
  const std::string_view policy = dash == platform.npos ? "" : platform.substr(dash + 1);
  constexpr std::string_view perennial = "manylinux_2_";
  int glibc_minor = policy == "manylinux2014" ? 17 : 0;
  if (policy.starts_with(perennial)) {
    std::from_chars(policy.data() + perennial.size(), policy.data() + policy.size(), glibc_minor);
  }
  if (glibc_minor == 0) {
    return Error{ErrorCode::kInvalid, "no platform has the name '" + std::string(platform) + "'"};
  }
  return pypi::Target::Of(FactsOf(version, "linux-" + machine, glibc_minor), Full(version));
}

Result<Scenario> ReadScenario(std::string_view text, const ScenarioDefaults& defaults) {
  try {
    const toml::table document = toml::parse(text);
    return ReadDocument(document, defaults);
  } catch (const toml::parse_error& error) {
    return Error{ErrorCode::kInvalid, std::string(error.description())};
  }
}

Result<std::vector<std::string>> FindScenarios(const std::string& directory) {
  os::PosixFileSystem files;
  std::vector<std::string> found;
  std::vector<std::string> pending = {directory};
  while (!pending.empty()) {
    const std::string current = std::move(pending.back());
    pending.pop_back();
    FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries, files.ListDirectory(current));
    for (const os::DirectoryEntry& entry : entries) {
      const std::string path = current + "/" + entry.name;
      if (entry.type == os::FileType::kDirectory) {
        pending.push_back(path);
      } else if (entry.name.ends_with(".toml")) {
        found.push_back(path);
      }
    }
  }
  std::ranges::sort(found);
  return found;
}

std::string RunScenario(Scenario& scenario) {
  NoProgress progress;
  const auto answer = Resolve(scenario.request, scenario.source, progress, scenario.options);
  if (!answer) {
    return "error: " + answer.error().ToString();
  }
  if (const auto* resolution = std::get_if<Resolution>(&*answer)) {
    return CompareResolution(scenario, *resolution);
  }
  const auto& conflict = std::get<ResolveConflict>(*answer);
  const solve::Explanation& explanation = conflict.explanation;
  if (scenario.is_satisfiable) {
    return "expected " +
           ListPackages(scenario.packages.value_or(std::map<std::string, std::string>())) +
           ", got a conflict:\n" + explanation.ToString();
  }
  if (scenario.reasons && *scenario.reasons != explanation.reasons) {
    return "expected other reasons than:\n" + explanation.ToString();
  }
  if (scenario.hints && *scenario.hints != conflict.hints) {
    return "expected other hints than:\n" + JoinText(conflict.hints, "\n");
  }
  return "";
}

}  // namespace flowstone::resolve
