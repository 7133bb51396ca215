// StatedMetadata: what somebody says that releases of a project depend on, in place of what they
// publish. Of uv's `[[tool.uv.dependency-metadata]]`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flowstone/pypi/metadata.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"

namespace flowstone::pypi {

struct StatedMetadata {
  Name name;
  std::optional<Version> version = {};  // absent: of all versions
  std::vector<Requirement> requires_dist = {};
  SpecifierSet requires_python = {};
  std::vector<ExtraName> provides_extra = {};

  // As metadata of that version.
  CoreMetadata Of(const Version& of) const;
  // "requires-dist leaf<2, requires-python >=3.9, provides-extra tls": for records and messages.
  std::string ToString() const;

  friend bool operator==(const StatedMetadata&, const StatedMetadata&) = default;
};

// What is said about a release: the first statement about just this version counts, else the first
// one about all versions; null: nothing.
const StatedMetadata* FindStated(const std::vector<StatedMetadata>& all, const Name& name,
                                 const Version& version);
// The same for a source whose version only building it would tell: a single statement about the
// project that names a version says that too.
const StatedMetadata* FindStated(const std::vector<StatedMetadata>& all, const Name& name);

}  // namespace flowstone::pypi
