#include "flowstone/resolve/dependency_rules.h"

#include <string>
#include <utility>
#include <vector>

#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/resolve/request.h"

namespace flowstone::resolve {

DependencyRules::DependencyRules(const ResolveRequest& request, const Scope& scope)
    : request_(request),
      scope_(scope),
      excludes_(request.excludes.begin(), request.excludes.end()) {
  for (const RequestedRequirement& wish : request.overrides) {
    overrides_[wish.requirement.name].push_back(&wish);
  }
}

const std::vector<const RequestedRequirement*>* DependencyRules::OverridesOf(
    const pypi::Name& name) const {
  const auto found = overrides_.find(name);
  return found == overrides_.end() ? nullptr : &found->second;
}

std::vector<const pypi::Requirement*> DependencyRules::Apply(
    const pypi::Requirement& requirement) const {
  if (is_empty()) {
    return {&requirement};
  }
  if (excludes_.contains(requirement.name)) {
    return {};
  }
  const auto* overrides = OverridesOf(requirement.name);
  if (overrides == nullptr) {
    return {&requirement};
  }
  std::vector<const pypi::Requirement*> applied;
  applied.reserve(overrides->size());
  for (const RequestedRequirement* replacement : *overrides) {
    applied.push_back(&replacement->requirement);
  }
  return applied;
}

std::vector<RequestedRequirement> DependencyRules::Requirements() const {
  std::vector<RequestedRequirement> requirements;
  const auto add = [&](const RequestedRequirement& wish, const char* fallback) {
    if (scope_.Admits(wish.requirement.marker)) {
      requirements.push_back(wish);
      if (wish.origin.empty()) {
        requirements.back().origin = fallback;
      }
    }
  };
  for (const RequestedRequirement& wish : request_.requirements) {
    if (excludes_.contains(wish.requirement.name)) {
      continue;
    }
    const auto* overrides = OverridesOf(wish.requirement.name);
    if (overrides == nullptr) {
      add(wish, "the request");
      continue;
    }
    for (const RequestedRequirement* replacement : *overrides) {
      add(*replacement, "an override");
    }
  }
  return requirements;
}

std::vector<RequestedRequirement> DependencyRules::Constraints() const {
  std::vector<RequestedRequirement> constraints;
  for (const RequestedRequirement& wish : request_.constraints) {
    if (scope_.Admits(wish.requirement.marker)) {
      constraints.push_back(wish);
      if (wish.origin.empty()) {
        constraints.back().origin = "a constraint";
      }
    }
  }
  return constraints;
}

}  // namespace flowstone::resolve
