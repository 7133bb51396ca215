// PyProject: what a pyproject.toml says that resolving needs: `[project]` (PEP 621),
// `[dependency-groups]` (PEP 735) and `[tool.uv]`. Of `[build-system]` (PEP 518) the module `build`
// takes care.
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

struct PyProject {
  std::string file = {};  // as people know it
  std::optional<ProjectTable> project = {};
  DependencyGroups groups = {};
  UvTable uv = {};
};

// `file` names the document in messages; relative paths in it start at `directory` (absolute).
// kInvalid, naming file, line and key, for what the standards refuse. Keys that they do not know
// are none of our business.
Result<PyProject> ParsePyProject(std::string_view text, const std::string& file,
                                 const std::string& directory);

// `[project]` alone, as published sources have it: what else the document holds is not looked at,
// and a field may be given and dynamic too; then it is not known.
Result<std::optional<ProjectTable>> ParseProjectTable(std::string_view text,
                                                      const std::string& file,
                                                      const std::string& directory);

}  // namespace flowstone::project
