// DirectWishes: what the request itself says about each project, beyond the ranges that it puts on
// it: which projects are direct, which pre-releases it names, which versions it pins. Policies
// treat such projects differently from those that are only needed by others.
#pragma once

#include <unordered_map>
#include <vector>

#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/request.h"

namespace flowstone::resolve {

class DirectWishes {
 public:
  // Of the requirements and constraints whose markers hold for the target.
  explicit DirectWishes(const ResolveRequest& request);

  // Required, not only constrained.
  bool IsRequired(const pypi::Name& name) const;
  // A requirement or constraint names a pre-release of the project.
  bool NamesPrerelease(const pypi::Name& name) const;
  // A requirement or constraint is exactly this version.
  bool Pins(const pypi::Name& name, const pypi::Version& version) const;

  // The projects that are required, sorted.
  std::vector<pypi::Name> RequiredNames() const;

 private:
  struct Wishes {
    bool is_required = false;
    std::vector<pypi::SpecifierSet> specifiers;
  };

  std::unordered_map<pypi::Name, Wishes> by_name_;
};

}  // namespace flowstone::resolve
