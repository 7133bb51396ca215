// ReleaseMetadata: what a release depends on in a scope: its METADATA with overrides and excludes
// applied, markers evaluated and extras told apart.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "flowstone/pypi/metadata.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/dependency_rules.h"
#include "flowstone/resolve/policies.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {

struct ReleaseDependency {
  pypi::Requirement requirement;
  pypi::ExtraName extra = {};  // it holds only with this extra; empty: always
};

struct ReleaseMetadata {
  std::vector<ReleaseDependency> dependencies;  // in the order of the metadata
  std::vector<pypi::ExtraName> extras;          // that it provides
  pypi::SpecifierSet requires_python;
};

// A text instead of metadata says why the release cannot be used: its metadata cannot be read, is
// of another release, needs another Python, or depends on a URL.
std::variant<ReleaseMetadata, std::string> ReadReleaseMetadata(
    const std::string& text, const pypi::Name& name, const pypi::Version& version,
    const ResolvePolicies& policies, const Scope& scope, const DependencyRules& rules);

}  // namespace flowstone::resolve
