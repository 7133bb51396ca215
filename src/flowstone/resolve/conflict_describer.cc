#include "flowstone/resolve/conflict_describer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/resolve/project_versions.h"

namespace flowstone::resolve {
namespace {

// So many releases are looked into for a common description, the newest ones.
constexpr std::size_t kDescribed = 200;
// So many different values of Requires-Python are listed.
constexpr std::size_t kListedPythons = 3;

// Places of operators in a range as people write it.
std::size_t RankOfSpecifier(std::string_view specifier) {
  constexpr std::array<std::string_view, 8> order = {"===", "==", "~=", ">=", ">", "<=", "<", "!="};
  const auto place =
      std::ranges::find_if(order, [&](std::string_view op) { return specifier.starts_with(op); });
  return static_cast<std::size_t>(place - order.begin());
}

// The newest of them, newest first.
std::vector<const ProjectVersion*> NewestOf(const ProjectVersions& versions,
                                            const solve::OrdinalSet& candidates) {
  std::vector<const ProjectVersion*> newest;
  solve::OrdinalSet rest = candidates;
  while (newest.size() < kDescribed) {
    const std::optional<solve::Ordinal> next = rest.Highest();
    if (!next) {
      break;
    }
    rest.Erase(*next);
    newest.push_back(&versions[*next]);
  }
  return newest;
}

std::vector<pypi::TagSet> TagsOfWheels(const std::vector<const ProjectVersion*>& releases) {
  std::vector<pypi::TagSet> tags;
  for (const ProjectVersion* release : releases) {
    for (const index::IndexFile& file : release->files) {
      if (!IsWheel(file)) {
        continue;
      }
      if (auto name = pypi::WheelName::Parse(file.filename)) {
        tags.push_back(std::move(name->tags));
      }
    }
  }
  return tags;
}

// "they need Python >=3.10 or >=3.9, and the target has 3.8.1".
std::string PythonsText(const std::vector<const ProjectVersion*>& releases, const Scope& scope) {
  std::vector<std::string> wanted;
  for (const ProjectVersion* release : releases) {
    for (const index::IndexFile& file : release->files) {
      if (file.requires_python &&
          std::ranges::find(wanted, *file.requires_python) == wanted.end()) {
        wanted.push_back(*file.requires_python);
      }
    }
  }
  if (wanted.size() > kListedPythons) {
    wanted.resize(kListedPythons);
    wanted.emplace_back("others");
  }
  return "they need Python " + JoinText(wanted, " or ") + ", and " + scope.PythonText();
}

}  // namespace

Rejection RejectionOf(const ProjectVersions& versions, const solve::OrdinalSet& candidates) {
  const std::optional<solve::Ordinal> lowest = candidates.Lowest();
  return lowest ? versions[*lowest].rejection : Rejection::kNone;
}

void ConflictDescriber::MergeReasons(solve::Conflict& conflict) const {
  for (solve::ProofNode& node : conflict.proof) {
    auto* fact = std::get_if<solve::UnusableFact>(&node);
    if (fact == nullptr || !provider_.IsProject(fact->package) ||
        !provider_.IsOfRelease(fact->package, fact->reason)) {
      continue;
    }
    const ProjectVersions& versions = provider_.Versions(fact->package);
    const Rejection kind = RejectionOf(versions, fact->candidates);
    for (const solve::OrdinalSet& group : versions.unusable()) {
      if (RejectionOf(versions, group) == kind) {
        fact->candidates |= group;
      }
    }
  }
}

std::string ConflictDescriber::PackageName(solve::PackageId package) const {
  return provider_.PackageName(package);
}

std::string ConflictDescriber::CandidateName(solve::PackageId package,
                                             solve::Ordinal candidate) const {
  return provider_.IsProject(package) ? provider_.Versions(package).VersionAt(candidate).ToString()
                                      : "";
}

std::string ConflictDescriber::RangeText(solve::PackageId, solve::RangeId range) const {
  const std::string& text = provider_.vocabulary()[range].text;
  std::vector<std::string> specifiers;
  for (const std::string_view specifier : SplitText(text, ',')) {
    specifiers.emplace_back(specifier);
  }
  std::ranges::stable_sort(specifiers, {}, RankOfSpecifier);
  return JoinText(specifiers, ",");
}

std::string ConflictDescriber::Requirer(solve::PackageId, solve::RangeId range) const {
  return provider_.vocabulary()[range].origin;
}

std::string ConflictDescriber::ReasonText(solve::PackageId package, solve::ReasonId reason,
                                          const solve::OrdinalSet& candidates) const {
  const bool is_of_release = provider_.IsProject(package) && !candidates.is_empty() &&
                             provider_.IsOfRelease(package, reason);
  return is_of_release ? RejectionText(provider_.Versions(package), candidates)
                       : provider_.vocabulary()[reason];
}

std::string ConflictDescriber::RejectionText(const ProjectVersions& versions,
                                             const solve::OrdinalSet& candidates) const {
  const std::vector<const ProjectVersion*> releases = NewestOf(versions, candidates);
  const ProjectVersion& newest = *releases.front();
  const bool is_common = std::ranges::all_of(releases, [&](const ProjectVersion* release) {
    return release->unusable == newest.unusable;
  });
  if (!is_common && newest.rejection == Rejection::kPython) {
    return PythonsText(releases, provider_.scope());
  }
  if (!is_common && newest.rejection == Rejection::kTags) {
    return "no wheel fits " + provider_.scope().Description() + "; " +
           provider_.scope().Misfit(TagsOfWheels(releases));
  }
  if (!is_common && newest.rejection == Rejection::kYanked) {
    return "yanked";
  }
  return newest.unusable;
}

}  // namespace flowstone::resolve
