// What a pyproject.toml says to those who build the project: the [build-system] table (PEP 518) and
// as much of [project] (PEP 621) as is metadata without being asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/version.h"

namespace flowstone::build {

// How a project is built. Without a [build-system] table: by setuptools, as it always was.
struct BuildSystem {
  std::vector<pypi::Requirement> requirements = {};
  std::string backend = {};                    // "hatchling.build", "module:object"
  std::vector<std::string> backend_path = {};  // relative directories inside the project

  static Result<BuildSystem> Legacy();

  // One text for equal systems: what a cache keeps and a key is made of.
  std::string CanonicalJson() const;
  static Result<BuildSystem> FromJson(std::string_view json);

  friend bool operator==(const BuildSystem&, const BuildSystem&) = default;
};

// The fields of [project]; what `dynamic` lists is absent and named in it.
struct ProjectFields {
  pypi::Name name;
  std::optional<pypi::Version> version = {};
  std::string requires_python = {};
  std::vector<pypi::Requirement> dependencies = {};
  std::vector<std::pair<pypi::ExtraName, std::vector<pypi::Requirement>>> extras = {};
  std::vector<std::string> dynamic = {};

  bool IsDynamic(std::string_view field) const;
};

struct ProjectTable {
  BuildSystem build_system;
  std::optional<ProjectFields> project = {};  // when there is a [project] table
};

// kInvalid, naming line and key, for what the standards forbid.
Result<ProjectTable> ParseProjectTable(std::string_view pyproject_toml);

}  // namespace flowstone::build
