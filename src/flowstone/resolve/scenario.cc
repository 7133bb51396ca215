#include "flowstone/resolve/scenario.h"

#include <toml++/toml.h>

#include <algorithm>
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
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/pypi/compatible_tags.h"
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

Result<ResolvePolicies> ReadPolicies(const toml::table& document) {
  static const std::map<std::string, PrereleaseMode> prerelease_modes = {
      {"if-necessary", PrereleaseMode::kIfNecessary},
      {"pep440", PrereleaseMode::kPep440},
      {"allow", PrereleaseMode::kAllow},
      {"disallow", PrereleaseMode::kDisallow},
      {"explicit", PrereleaseMode::kExplicit},
      {"if-necessary-or-explicit", PrereleaseMode::kIfNecessaryOrExplicit}};
  static const std::map<std::string, ResolutionMode> resolution_modes = {
      {"highest", ResolutionMode::kHighest},
      {"lowest", ResolutionMode::kLowest},
      {"lowest-direct", ResolutionMode::kLowestDirect}};
  ResolvePolicies policies;
  const auto options = document["resolver_options"];
  if (options["prereleases"].is_boolean()) {
    policies.prereleases =
        options["prereleases"].value_or(false) ? PrereleaseMode::kAllow : PrereleaseMode::kDisallow;
  } else if (options["prereleases"]) {
    const std::string mode = options["prereleases"].value_or(std::string());
    if (!prerelease_modes.contains(mode)) {
      return Error{ErrorCode::kInvalid, "unknown pre-release mode " + mode};
    }
    policies.prereleases = prerelease_modes.at(mode);
  }
  const std::string resolution = options["resolution"].value_or(std::string("highest"));
  if (!resolution_modes.contains(resolution)) {
    return Error{ErrorCode::kInvalid, "unknown resolution mode " + resolution};
  }
  policies.resolution = resolution_modes.at(resolution);
  if (options["yanked"].value_or(std::string()) == "allow") {
    policies.yanked = YankedMode::kAllow;
  }
  if (options["upper_python_bound"].value_or(std::string()) == "obey") {
    policies.upper_python_bound = UpperPythonBound::kObey;
  }
  return policies;
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
  if (expected["warnings"]) {
    scenario.warnings = Texts(expected["warnings"]);
  }
}

Result<Scenario> ReadDocument(const toml::table& document) {
  Scenario scenario;
  scenario.name = document["name"].value_or(std::string());
  ReadPackages(document, scenario.source);
  FLOWSTONE_TRY(
      ReadWishes(Texts(document["root"]["requires"]), "the root", scenario.request.requirements));
  FLOWSTONE_TRY(ReadWishes(Texts(document["root"]["constraints"]), "constraints.txt",
                           scenario.request.constraints));
  FLOWSTONE_LET(scenario.request.policies, ReadPolicies(document));
  const auto options = document["resolver_options"];
  const std::string python = options["python"].value_or(
      document["environment"]["python"].value_or(std::string(kDefaultPython)));
  scenario.request.target = LinuxTarget(python);
  if (const auto newest = options["exclude_newer"].value<std::string>()) {
    scenario.request.exclude_newer_us = lock::ParseTimestamp(*newest);
  }
  if (const toml::table* preferences = document["preferences"].as_table()) {
    for (const auto& [name, version] : *preferences) {
      FLOWSTONE_LET(pypi::Name project, pypi::Name::Parse(name.str()));
      FLOWSTONE_LET(pypi::Version preferred, pypi::Version::Parse(version.value_or(std::string())));
      scenario.options.preferences.emplace_back(std::move(project), std::move(preferred));
    }
  }
  scenario.is_universal = options["universal"].value_or(false);
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

}  // namespace

pypi::Target LinuxTarget(std::string_view python) {
  const pypi::Version version = *pypi::Version::Parse(python);
  const auto part = [&](std::size_t i) { return std::to_string(version.release(i)); };
  const std::string minor = part(0) + "." + part(1);
  const std::string full = minor + "." + part(2);
  return {.markers = {.implementation_name = "cpython",
                      .implementation_version = full,
                      .os_name = "posix",
                      .platform_machine = "x86_64",
                      .platform_python_implementation = "CPython",
                      .platform_release = "6.1.0",
                      .platform_system = "Linux",
                      .platform_version = "#1 SMP",
                      .python_full_version = full,
                      .python_version = minor,
                      .sys_platform = "linux"},
          .tags = *pypi::CompatibleTags({.version_major = static_cast<int>(version.release(0)),
                                         .version_minor = static_cast<int>(version.release(1)),
                                         .platform = "linux_x86_64",
                                         .libc = pypi::Libc::kGlibc,
                                         .libc_major = 2,
                                         .libc_minor = 36}),
          .python_full_version = *pypi::Version::Parse(full)};
}

Result<Scenario> ReadScenario(std::string_view text) {
  try {
    const toml::table document = toml::parse(text);
    return ReadDocument(document);
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
  const solve::Explanation& explanation = std::get<ResolveConflict>(*answer).explanation;
  if (scenario.is_satisfiable) {
    return "expected " +
           ListPackages(scenario.packages.value_or(std::map<std::string, std::string>())) +
           ", got a conflict:\n" + explanation.ToString();
  }
  if (scenario.reasons && *scenario.reasons != explanation.reasons) {
    return "expected other reasons than:\n" + explanation.ToString();
  }
  return "";
}

}  // namespace flowstone::resolve
