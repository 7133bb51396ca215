// ResolveRequest: what an environment is to contain, for one target. Its digest is its identity:
// the same wishes in another order or spelling are the same request, and neither credentials nor
// paths nor the names of steps enter it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/target.h"

namespace flowstone::resolve {

struct RequestedRequirement {
  pypi::Requirement requirement;
  // Who asks, for messages: "step train", "requirements.txt line 3". Not part of the identity.
  std::string origin = {};

  friend bool operator==(const RequestedRequirement&, const RequestedRequirement&) = default;
};

// When pre-releases may be chosen.
enum class PrereleaseMode : std::uint8_t {
  kIfNecessary,  // after every final release has failed
  kPep440,       // also preferred as the newest, when a direct requirement names a pre-release
  kAllow,
  kDisallow,
  kExplicit,               // only for projects whose direct requirements name a pre-release
  kIfNecessaryOrExplicit,  // for those, and for projects that have nothing else
};

enum class ResolutionMode : std::uint8_t {
  kHighest,
  kLowest,
  kLowestDirect,  // the lowest of direct requirements, the highest of the rest
};

// When yanked releases may be chosen.
enum class YankedMode : std::uint8_t {
  kPinnedDirectly,  // a direct requirement or constraint pins the version with == or ===
  kAllow,
};

// Whether `Requires-Python: >=3.8,<3.12` keeps a release from Python 3.12. Upper bounds are guesses
// about the future; obeying them mostly selects old releases that did not guess yet.
enum class UpperPythonBound : std::uint8_t { kIgnore, kObey };

struct ResolvePolicies {
  PrereleaseMode prereleases = PrereleaseMode::kIfNecessary;
  ResolutionMode resolution = ResolutionMode::kHighest;
  YankedMode yanked = YankedMode::kPinnedDirectly;
  UpperPythonBound upper_python_bound = UpperPythonBound::kIgnore;

  friend bool operator==(const ResolvePolicies&, const ResolvePolicies&) = default;
};

struct ResolveRequest {
  std::vector<RequestedRequirement> requirements;
  // Restrict projects that something needs; need nothing by themselves.
  std::vector<RequestedRequirement> constraints = {};
  pypi::Target target;
  ResolvePolicies policies = {};
  // Files published at or after this moment do not exist; microseconds since the Unix epoch.
  std::optional<std::int64_t> exclude_newer_us = {};
  // Where packages come from, in order, as URLs. Credentials do not enter the identity; sources on
  // this machine's disk have no place here: they are paths.
  std::vector<std::string> indexes = {};

  friend bool operator==(const ResolveRequest&, const ResolveRequest&) = default;
};

// The canonical JSON document of the request: what the digest is computed of.
std::string CanonicalJson(const ResolveRequest& request);
Digest RequestDigest(const ResolveRequest& request);

}  // namespace flowstone::resolve
