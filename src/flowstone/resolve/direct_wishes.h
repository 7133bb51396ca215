// DirectWishes: what the request itself says about each project, beyond the ranges that it puts on
// it: which projects are direct, which pre-releases it names, which versions it pins, which hashes
// it wants. Policies treat such projects differently from those that are only needed by others.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "flowstone/index/project_page.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/version_set.h"
#include "flowstone/resolve/dependency_rules.h"
#include "flowstone/resolve/request.h"

namespace flowstone::resolve {

// Whether a requirement is exactly this version: == without a wildcard, or ===, and nothing else.
bool IsPinOf(const pypi::SpecifierSet& specifiers, const pypi::Version& version);

class DirectWishes {
 public:
  // Of the requirements, overrides and constraints that hold for the target.
  DirectWishes(const ResolveRequest& request, const DependencyRules& rules);

  // Required, not only constrained.
  bool IsRequired(const pypi::Name& name) const;
  // A requirement or constraint names a pre-release of the project.
  bool NamesPrerelease(const pypi::Name& name) const;
  // A requirement or constraint is exactly this version.
  bool Pins(const pypi::Name& name, const pypi::Version& version) const;
  // The versions of the project that all requirements and constraints admit.
  pypi::VersionSet AdmittedVersions(const pypi::Name& name) const;
  // Whether HashObjection can say anything about files of the project.
  bool NamesHashes(const pypi::Name& name) const;
  // Why the hashes of the request forbid a file of the project; empty when they do not.
  std::string HashObjection(const pypi::Name& name, const index::IndexFile& file) const;

  // The projects that are required, sorted.
  std::vector<pypi::Name> RequiredNames() const;

 private:
  struct Wishes {
    bool is_required = false;
    std::vector<pypi::SpecifierSet> specifiers;
    std::vector<std::vector<RequiredHash>> hashes;  // of each that names some
  };

  void Note(const RequestedRequirement& wish);

  std::unordered_map<pypi::Name, Wishes> by_name_;
  HashPolicy hash_policy_;
};

}  // namespace flowstone::resolve
