#include "flowstone/resolve/request.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/net/url.h"
#include "flowstone/pypi/marker_environment.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/target.h"

namespace flowstone::resolve {
namespace {

constexpr int kRequestVersion = 1;

std::string_view PrereleaseModeName(PrereleaseMode mode) {
  switch (mode) {
    case PrereleaseMode::kIfNecessary:
      return "if-necessary";
    case PrereleaseMode::kPep440:
      return "pep440";
    case PrereleaseMode::kAllow:
      return "allow";
    case PrereleaseMode::kDisallow:
      return "disallow";
    case PrereleaseMode::kExplicit:
      return "explicit";
    case PrereleaseMode::kIfNecessaryOrExplicit:
      return "if-necessary-or-explicit";
  }
  return "";
}

std::string_view ResolutionModeName(ResolutionMode mode) {
  switch (mode) {
    case ResolutionMode::kHighest:
      return "highest";
    case ResolutionMode::kLowest:
      return "lowest";
    case ResolutionMode::kLowestDirect:
      return "lowest-direct";
  }
  return "";
}

// Sorted and once each: neither order nor repetition means anything.
std::vector<std::string> Texts(const std::vector<RequestedRequirement>& requirements) {
  std::vector<std::string> texts;
  texts.reserve(requirements.size());
  for (const RequestedRequirement& requested : requirements) {
    texts.push_back(requested.requirement.ToString());
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

Digest TagsDigest(const pypi::TagList& tags) {
  Hasher hasher;
  for (const pypi::Tag& tag : tags.tags()) {
    hasher.Update(tag.ToString() + "\n");
  }
  return hasher.Finish();
}

std::string WithoutCredentials(const std::string& text) {
  const Result<net::Url> url = net::Url::Parse(text);
  return url ? url->WithoutCredentials().AsDirectory().ToString() : text;
}

}  // namespace

std::string CanonicalJson(const ResolveRequest& request) {
  nlohmann::json document = {
      {"version", kRequestVersion},
      {"requirements", Texts(request.requirements)},
      {"constraints", Texts(request.constraints)},
      {"python", request.target.python_full_version.ToString()},
      {"markers", Markers(request.target.markers)},
      {"tags", TagsDigest(request.target.tags).ToString()},
      {"prereleases", PrereleaseModeName(request.policies.prereleases)},
      {"resolution", ResolutionModeName(request.policies.resolution)},
      {"yanked", request.policies.yanked == YankedMode::kAllow ? "allow" : "pinned-directly"},
      {"upper-python-bound",
       request.policies.upper_python_bound == UpperPythonBound::kObey ? "obey" : "ignore"}};
  document["indexes"] = nlohmann::json::array();
  for (const std::string& index : request.indexes) {
    document["indexes"].push_back(WithoutCredentials(index));
  }
  if (request.exclude_newer_us) {
    document["exclude-newer"] = lock::FormatTimestamp(*request.exclude_newer_us);
  }
  return document.dump();
}

Digest RequestDigest(const ResolveRequest& request) {
  return Digest::Of(CanonicalJson(request));
}

}  // namespace flowstone::resolve
