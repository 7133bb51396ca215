#include "flowstone/resolve/elsewhere_hints.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "flowstone/resolve/file_verdicts.h"
#include "flowstone/resolve/release_judge.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::resolve {
namespace {

// Of so many projects the other indexes are asked.
constexpr std::size_t kMostAsked = 4;

std::optional<solve::Ordinal> BestOf(const ProjectVersions& versions,
                                     const pypi::VersionSet& wanted) {
  return versions.BestUsable(versions.Within(wanted), PrereleaseAdmission::kNotAdmitted);
}

}  // namespace

pypi::VersionSet ElsewhereHints::WantedOf(solve::PackageId project) const {
  const pypi::Name& name = provider_.vocabulary()[project].name;
  pypi::VersionSet wanted = pypi::VersionSet::Full();
  for (const auto& wishes : {provider_.rules().Requirements(), provider_.rules().Constraints()}) {
    for (const RequestedRequirement& wish : wishes) {
      if (wish.requirement.name == name) {
        wanted = wanted.Intersection(wish.requirement.specifiers.ToVersionSet());
      }
    }
  }
  for (const solve::ReasonFact& fact : facts_) {
    const auto* dependency = std::get_if<solve::DependencyFact>(&fact);
    if (dependency != nullptr && dependency->package == project) {
      wanted = wanted.Intersection(provider_.vocabulary()[dependency->range].versions);
    }
  }
  return wanted;
}

std::optional<Hint> ElsewhereHints::Of(solve::PackageId project) {
  const ProjectVersions& here = provider_.Versions(project);
  if (here.files().unasked.empty() || considered_.size() == kMostAsked ||
      !considered_.insert(project).second) {
    return std::nullopt;
  }
  const pypi::VersionSet wanted = WantedOf(project);
  if (wanted.is_empty() || BestOf(here, wanted)) {
    return std::nullopt;  // it is not for want of a version
  }
  const std::shared_ptr<const index::ProjectFiles> files = source_.Elsewhere(here.files());
  if (files == nullptr) {
    return std::nullopt;
  }
  FileVerdicts verdicts(provider_.scope(), request_.policies.upper_python_bound);
  const ProjectVersions there(files, request_, provider_.scope(), provider_.wishes(), {}, verdicts);
  const std::optional<solve::Ordinal> best = BestOf(there, wanted);
  if (!best) {
    return std::nullopt;
  }
  const index::FileSource& from = files->sources.at(there.MetadataFile(*best).source);
  return Hint{HintKind::kIndex, TextOf(here.files(), from, there.VersionAt(*best).ToString())};
}

std::string ElsewhereHints::TextOf(const index::ProjectFiles& here, const index::FileSource& there,
                                   const std::string& version) const {
  const std::string name = here.name.ToString();
  // Only what has a name can be pinned to.
  const std::string pin = there.name.empty() ? "NAME" : there.name;
  std::string text = there.title() + " has " + name + " " + version + ", but ";
  text += here.found ? name + " is taken from " + here.sources.back().title() +
                           ", the first index that has it"
                     : "is only asked for packages that are pinned to it";
  text += ": use ";
  text += there.name.empty() ? "--index NAME=" + there.location + " " : "";
  text += "--index-for " + name + "=" + pin;
  const bool is_of_project =
      std::ranges::any_of(request_.requirements, [](const RequestedRequirement& wish) {
        return wish.origin.find("pyproject.toml") != std::string::npos;
      });
  if (is_of_project) {
    text += " (" + name + " = { index = \"" + pin + "\" } in [tool.uv.sources])";
  }
  text += here.found ? ", or --index-strategy unsafe-best-match for all packages" : "";
  return text;
}

}  // namespace flowstone::resolve
