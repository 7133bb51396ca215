// PyProject: what a pyproject.toml says that resolving and building need: `[project]` (PEP 621),
// `[dependency-groups]` (PEP 735), `[build-system]` (PEP 518) and `[tool.uv]`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/project/dependency_groups.h"
#include "flowstone/project/uv_table.h"
#include "flowstone/project/written_requirement.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"

namespace flowstone::project {

struct ProjectTable {
  pypi::Name name;
  std::string written_name = {};
  std::optional<pypi::Version> version = {};  // absent when it is dynamic
  pypi::SpecifierSet requires_python = {};
  std::vector<WrittenRequirement> dependencies = {};
  std::map<pypi::ExtraName, std::vector<WrittenRequirement>> optional_dependencies = {};
  std::vector<std::string> dynamic = {};  // fields that only the build backend knows

  bool IsDynamic(std::string_view field) const;
};

// Defaults of PEP 518 are not filled in: an absent table and an empty one differ.
struct BuildSystem {
  std::vector<WrittenRequirement> requires_ = {};
  std::string build_backend = {};  // empty: not named
  std::vector<std::string> backend_path = {};
};

struct PyProject {
  std::string file = {};  // as people know it
  std::optional<ProjectTable> project = {};
  std::optional<BuildSystem> build_system = {};
  DependencyGroups groups = {};
  UvTable uv = {};
};

// `file` names the document in messages; relative paths in it start at `directory` (absolute).
// kInvalid, naming file, line and key, for what the standards refuse. Keys that they do not know
// are none of our business.
Result<PyProject> ParsePyProject(std::string_view text, const std::string& file,
                                 const std::string& directory);

}  // namespace flowstone::project
