#include "flowstone/resolve/direct_wishes.h"

#include <algorithm>
#include <vector>

#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/request.h"

namespace flowstone::resolve {

DirectWishes::DirectWishes(const ResolveRequest& request) {
  for (const RequestedRequirement& wish : request.requirements) {
    if (wish.requirement.marker.Evaluate(request.target.markers)) {
      Wishes& wishes = by_name_[wish.requirement.name];
      wishes.is_required = true;
      wishes.specifiers.push_back(wish.requirement.specifiers);
    }
  }
  for (const RequestedRequirement& wish : request.constraints) {
    if (wish.requirement.marker.Evaluate(request.target.markers)) {
      by_name_[wish.requirement.name].specifiers.push_back(wish.requirement.specifiers);
    }
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
         std::ranges::any_of(found->second.specifiers, [&](const pypi::SpecifierSet& set) {
           if (set.specifiers().size() != 1) {
             return false;
           }
           const pypi::Specifier& specifier = set.specifiers().front();
           const bool is_pin =
               specifier.op() == pypi::SpecifierOperator::kArbitraryEqual ||
               (specifier.op() == pypi::SpecifierOperator::kEqual && !specifier.is_wildcard());
           return is_pin && specifier.Contains(version);
         });
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
