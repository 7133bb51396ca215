#include "flowstone/resolve/direct_wishes.h"

#include <algorithm>
#include <string>
#include <vector>

#include "flowstone/index/project_page.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/version_set.h"
#include "flowstone/resolve/dependency_rules.h"
#include "flowstone/resolve/request.h"

namespace flowstone::resolve {

namespace {

bool HasHash(const index::IndexFile& file, const RequiredHash& wanted) {
  if (wanted.algorithm == "sha256") {
    return file.sha256 && file.sha256->ToString() == wanted.hex;
  }
  return std::ranges::any_of(file.other_hashes, [&](const index::FileHash& hash) {
    return hash.algorithm == wanted.algorithm && hash.hex == wanted.hex;
  });
}

}  // namespace

bool IsPinOf(const pypi::SpecifierSet& specifiers, const pypi::Version& version) {
  if (specifiers.specifiers().size() != 1) {
    return false;
  }
  const pypi::Specifier& specifier = specifiers.specifiers().front();
  const bool is_pin =
      specifier.op() == pypi::SpecifierOperator::kArbitraryEqual ||
      (specifier.op() == pypi::SpecifierOperator::kEqual && !specifier.is_wildcard());
  return is_pin && specifier.Contains(version);
}

DirectWishes::DirectWishes(const ResolveRequest& request, const DependencyRules& rules)
    : hash_policy_(request.hashes) {
  for (const RequestedRequirement& wish : rules.Requirements()) {
    Note(wish);
    by_name_[wish.requirement.name].is_required = true;
  }
  for (const RequestedRequirement& wish : rules.Constraints()) {
    Note(wish);
  }
}

void DirectWishes::Note(const RequestedRequirement& wish) {
  Wishes& wishes = by_name_[wish.requirement.name];
  wishes.specifiers.push_back(wish.requirement.specifiers);
  if (!wish.hashes.empty()) {
    wishes.hashes.push_back(wish.hashes);
  }
}

bool DirectWishes::IsRequired(const pypi::Name& name) const {
  const auto found = by_name_.find(name);
  return found != by_name_.end() && found->second.is_required;
}

bool DirectWishes::NamesPrerelease(const pypi::Name& name) const {
  const auto found = by_name_.find(name);
  return found != by_name_.end() &&
         std::ranges::any_of(found->second.specifiers, [](const pypi::SpecifierSet& specifiers) {
           return specifiers.AdmitsPrereleases();
         });
}

bool DirectWishes::Pins(const pypi::Name& name, const pypi::Version& version) const {
  const auto found = by_name_.find(name);
  return found != by_name_.end() &&
         std::ranges::any_of(found->second.specifiers, [&](const pypi::SpecifierSet& specifiers) {
           return IsPinOf(specifiers, version);
         });
}

pypi::VersionSet DirectWishes::AdmittedVersions(const pypi::Name& name) const {
  pypi::VersionSet admitted = pypi::VersionSet::Full();
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    for (const pypi::SpecifierSet& specifiers : found->second.specifiers) {
      admitted = admitted.Intersection(specifiers.ToVersionSet());
    }
  }
  return admitted;
}

bool DirectWishes::NamesHashes(const pypi::Name& name) const {
  const auto found = by_name_.find(name);
  return hash_policy_ == HashPolicy::kRequired ||
         (found != by_name_.end() && !found->second.hashes.empty());
}

std::string DirectWishes::HashObjection(const pypi::Name& name,
                                        const index::IndexFile& file) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || found->second.hashes.empty()) {
    return hash_policy_ == HashPolicy::kRequired ? "hashes are required, and none is given for it"
                                                 : "";
  }
  const bool fits = std::ranges::all_of(found->second.hashes, [&](const auto& wanted) {
    return std::ranges::any_of(wanted, [&](const RequiredHash& h) { return HasHash(file, h); });
  });
  return fits ? "" : "none of its files has a hash that is required";
}

std::vector<pypi::Name> DirectWishes::RequiredNames() const {
  std::vector<pypi::Name> names;
  for (const auto& [name, wishes] : by_name_) {
    if (wishes.is_required) {
      names.push_back(name);
    }
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace flowstone::resolve
