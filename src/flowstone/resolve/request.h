// ResolveRequest: what an environment is to contain, for one target. Its digest is its identity:
// the same wishes in another order or spelling are the same request, and neither credentials nor
// paths nor the names of steps enter it.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/lock/lock_choice.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/stated_metadata.h"
#include "flowstone/pypi/target.h"
#include "flowstone/resolve/policies.h"

namespace flowstone::resolve {

// Of `--hash=sha256:…`.
struct RequiredHash {
  std::string algorithm;  // lower case
  std::string hex;        // lower case

  friend auto operator<=>(const RequiredHash&, const RequiredHash&) = default;
};

struct RequestedRequirement {
  pypi::Requirement requirement;
  // Who asks, for messages: "step train", "requirements.txt line 3". Not part of the identity.
  std::string origin = {};
  // Those that a file of the project may have; none: any file may be used. When several direct
  // requirements and constraints of one project name hashes, a file must satisfy each of them.
  std::vector<RequiredHash> hashes = {};
  // Where it is written, for messages: "@pypi, flow.py:12". Not compared: equal wishes of two steps
  // are equal.
  std::string place = {};

  friend bool operator==(const RequestedRequirement& a, const RequestedRequirement& b) {
    return a.requirement == b.requirement && a.origin == b.origin && a.hashes == b.hashes;
  }
};

// Whether every project must have hashes that the request names.
enum class HashPolicy : std::uint8_t { kWhereNamed, kRequired };

// Whether what a build requires has to be of the version that the package meets when it is used.
enum class VersionMatch : std::uint8_t { kAny, kRuntime };

// What the build of a project requires besides what its build system says.
struct BuildRequirement {
  pypi::Requirement requirement;
  VersionMatch match = VersionMatch::kAny;  // kRuntime: the requirement has a name only

  friend bool operator==(const BuildRequirement&, const BuildRequirement&) = default;
};

// What is handed to the builds of sources: it decides what they give.
struct BuildWish {
  using Settings = std::map<std::string, std::vector<std::string>>;  // of a backend: key → values

  std::vector<RequestedRequirement> constraints = {};  // on what backends require
  Settings settings = {};                              // for the backends of all projects
  // Of single projects, in place of the same keys for all.
  std::map<pypi::Name, Settings> settings_of = {};
  std::map<pypi::Name, std::vector<BuildRequirement>> requirements_of = {};
  // NAME → value, in the environment of the builds of single projects.
  std::map<pypi::Name, std::map<std::string, std::string>> variables_of = {};
  // Who asked for builds that see what is installed, of all projects or of single ones. None are
  // made: such a build gives something else on every machine. Decides nothing that is built.
  std::string unisolated = {};
  std::map<pypi::Name, std::string> unisolated_projects = {};

  Settings SettingsFor(const pypi::Name& project) const;
  // Who wants the project built in what is installed and has not said instead what its build
  // requires; empty: nobody.
  std::string UnisolatedBy(const pypi::Name& project) const;
  // Adds what `other` has; its settings stand in for the same keys here.
  void Add(const BuildWish& other);

  friend bool operator==(const BuildWish&, const BuildWish&) = default;
};

// All environments at once instead of one target.
struct UniversalWish {
  pypi::SpecifierSet requires_python;
  // Markers of the environments that matter; none: all that there are.
  std::vector<pypi::Marker> environments = {};
  // A package that such an environment needs must have a wheel for it.
  std::vector<pypi::Marker> required_environments = {};
  // Extras and groups whose requirements carry their markers (`"gpu" in extras`): the lock leaves
  // the choice between those that conflict to whoever installs it.
  std::vector<lock::ConflictingChoices> conflicts = {};

  friend bool operator==(const UniversalWish&, const UniversalWish&) = default;
};

// What the cut-off of a request is: that moment, or the one that was so long ago when it was asked.
enum class CutOffKind : std::uint8_t { kMoment, kAge };

struct ResolveRequest {
  std::vector<RequestedRequirement> requirements;
  // Restrict projects that something needs; need nothing by themselves. Their extras mean nothing.
  std::vector<RequestedRequirement> constraints = {};
  // Stand in for every requirement of their projects, of the request and of packages, with their
  // own markers; those of one project hold together. An extra that switches a requirement on
  // stays.
  std::vector<RequestedRequirement> overrides = {};
  // Projects that count as needed by nobody.
  std::vector<pypi::Name> excludes = {};
  pypi::Target target;
  // Several targets in one lock, or all environments; then `target` means nothing.
  std::vector<pypi::Target> targets = {};
  std::optional<UniversalWish> universal = {};
  ResolvePolicies policies = {};
  // Files published at or after this moment do not exist; microseconds since the Unix epoch.
  std::optional<std::int64_t> exclude_newer_us = {};
  // Of an age, a lock with an earlier moment answers as well: tomorrow it is as good as today. Not
  // part of the identity.
  CutOffKind exclude_newer_kind = CutOffKind::kMoment;
  // Another moment for single projects; none: all their files exist.
  std::map<pypi::Name, std::optional<std::int64_t>> exclude_newer_of_us = {};
  // Stands in for the metadata of releases; what is said first counts (pypi::FindStated).
  std::vector<pypi::StatedMetadata> stated_metadata = {};
  HashPolicy hashes = HashPolicy::kWhereNamed;
  BuildWish builds = {};
  // Where packages come from, in order, as URLs. Credentials do not enter the identity; sources on
  // this machine's disk have no place here: they are paths.
  std::vector<std::string> indexes = {};

  // The moment that ends the project's time.
  std::optional<std::int64_t> ExcludeNewerUs(const pypi::Name& project) const;

  friend bool operator==(const ResolveRequest&, const ResolveRequest&) = default;
};

// The canonical JSON document of the request: what the digest is computed of.
std::string CanonicalJson(const ResolveRequest& request);
Digest RequestDigest(const ResolveRequest& request);

}  // namespace flowstone::resolve
