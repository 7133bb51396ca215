// BuildSystem: what a pyproject.toml says to those who build the project, the [build-system] table
// (PEP 518). What it says about the project itself is read by project/pyproject.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/requirement.h"

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

// The [build-system] of a document, or the one that stands for none. kInvalid, naming line and key,
// for what PEP 517 and 518 forbid.
Result<BuildSystem> ParseBuildSystem(std::string_view pyproject_toml);

}  // namespace flowstone::build
