// DependencyRules: what overrides and excludes make of a requirement, whoever states it.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {

class DependencyRules {
 public:
  // Both outlive this.
  DependencyRules(const ResolveRequest& request, const Scope& scope);

  // What stands for `requirement`: nothing, itself, or the overrides of its project. The marker of
  // an override takes the place of the requirement's, except for the extras that switch it on.
  std::vector<const pypi::Requirement*> Apply(const pypi::Requirement& requirement) const;

  // Whether there are none: every requirement stands for itself.
  bool is_empty() const { return overrides_.empty() && excludes_.empty(); }
  // Whether every requirement on the project stands for itself.
  bool LeavesAlone(const pypi::Name& name) const {
    return !overrides_.contains(name) && !excludes_.contains(name);
  }

  // The requirements of the request after these rules whose markers hold in the scope; an
  // override has the origin that it was given.
  std::vector<RequestedRequirement> Requirements() const;
  // The constraints whose markers hold in the scope.
  std::vector<RequestedRequirement> Constraints() const;

 private:
  const std::vector<const RequestedRequirement*>* OverridesOf(const pypi::Name& name) const;

  const ResolveRequest& request_;
  const Scope& scope_;
  std::unordered_map<pypi::Name, std::vector<const RequestedRequirement*>> overrides_;
  std::unordered_set<pypi::Name> excludes_;
};

}  // namespace flowstone::resolve
