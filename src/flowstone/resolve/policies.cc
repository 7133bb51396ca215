#include "flowstone/resolve/policies.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "flowstone/pypi/name.h"

namespace flowstone::resolve {
namespace {

template <typename Policy>
using NamedPolicy = std::pair<Policy, std::string_view>;

constexpr NamedPolicy<PrereleaseMode> kPrereleaseModes[] = {
    {PrereleaseMode::kIfNecessary, "if-necessary"},
    {PrereleaseMode::kPep440, "pep440"},
    {PrereleaseMode::kAllow, "allow"},
    {PrereleaseMode::kDisallow, "disallow"},
    {PrereleaseMode::kExplicit, "explicit"},
    {PrereleaseMode::kIfNecessaryOrExplicit, "if-necessary-or-explicit"}};
constexpr NamedPolicy<ResolutionMode> kResolutionModes[] = {
    {ResolutionMode::kHighest, "highest"},
    {ResolutionMode::kLowest, "lowest"},
    {ResolutionMode::kLowestDirect, "lowest-direct"}};
constexpr NamedPolicy<YankedMode> kYankedModes[] = {
    {YankedMode::kPinnedDirectly, "pinned-directly"},
    {YankedMode::kPinnedAnywhere, "pinned-anywhere"},
    {YankedMode::kAllow, "allow"}};
constexpr NamedPolicy<UpperPythonBound> kUpperPythonBounds[] = {
    {UpperPythonBound::kIgnore, "ignore"}, {UpperPythonBound::kObey, "obey"}};
constexpr NamedPolicy<BinaryPolicy> kBinaryPolicies[] = {
    {BinaryPolicy::kOnlyWheels, "only-wheels"},
    {BinaryPolicy::kStaticSources, "static-sources"},
    {BinaryPolicy::kAnySource, "any-source"},
    {BinaryPolicy::kNoWheels, "no-wheels"}};
constexpr NamedPolicy<ForkPolicy> kForkPolicies[] = {
    {ForkPolicy::kNewestPerPython, "requires-python"}, {ForkPolicy::kFewestVersions, "fewest"}};
constexpr NamedPolicy<Compatibility> kCompatibilities[] = {{Compatibility::kUv, "uv"},
                                                           {Compatibility::kPip, "pip"}};

template <typename Table, typename Policy>
std::string_view NameIn(const Table& table, Policy policy) {
  return std::ranges::find(table, policy, [](const auto& entry) { return entry.first; })->second;
}

template <typename Policy, std::size_t size>
std::optional<Policy> FindIn(const NamedPolicy<Policy> (&table)[size], std::string_view name) {
  const auto* const found =
      std::ranges::find(table, name, [](const auto& entry) { return entry.second; });
  return found == std::end(table) ? std::nullopt : std::optional(found->first);
}

}  // namespace

BinaryPolicy BinaryPolicies::For(const pypi::Name& project) const {
  const auto found = by_project.find(project);
  return found == by_project.end() ? by_default : found->second;
}

PrereleaseMode ResolvePolicies::PrereleasesFor(const pypi::Name& project) const {
  const auto found = prereleases_of.find(project);
  return found == prereleases_of.end() ? prereleases : found->second;
}

ResolvePolicies PoliciesFor(Compatibility tool) {
  if (tool == Compatibility::kUv) {
    return {};
  }
  return {.prereleases = PrereleaseMode::kPep440,
          .yanked = YankedMode::kPinnedAnywhere,
          .upper_python_bound = UpperPythonBound::kObey};
}

std::string_view PolicyName(PrereleaseMode mode) {
  return NameIn(kPrereleaseModes, mode);
}

std::string_view PolicyName(ResolutionMode mode) {
  return NameIn(kResolutionModes, mode);
}

std::string_view PolicyName(YankedMode mode) {
  return NameIn(kYankedModes, mode);
}

std::string_view PolicyName(UpperPythonBound bound) {
  return NameIn(kUpperPythonBounds, bound);
}

std::string_view PolicyName(BinaryPolicy policy) {
  return NameIn(kBinaryPolicies, policy);
}

std::string_view PolicyName(ForkPolicy policy) {
  return NameIn(kForkPolicies, policy);
}

std::string_view PolicyName(Compatibility tool) {
  return NameIn(kCompatibilities, tool);
}

std::optional<PrereleaseMode> ParsePrereleaseMode(std::string_view name) {
  return FindIn(kPrereleaseModes, name);
}

std::optional<ResolutionMode> ParseResolutionMode(std::string_view name) {
  return FindIn(kResolutionModes, name);
}

std::optional<YankedMode> ParseYankedMode(std::string_view name) {
  return FindIn(kYankedModes, name);
}

std::optional<UpperPythonBound> ParseUpperPythonBound(std::string_view name) {
  return FindIn(kUpperPythonBounds, name);
}

std::optional<BinaryPolicy> ParseBinaryPolicy(std::string_view name) {
  return FindIn(kBinaryPolicies, name);
}

std::optional<ForkPolicy> ParseForkPolicy(std::string_view name) {
  return FindIn(kForkPolicies, name);
}

std::optional<Compatibility> ParseCompatibility(std::string_view name) {
  return FindIn(kCompatibilities, name);
}

}  // namespace flowstone::resolve
