// The requirements of Poetry's own tables: `[tool.poetry.dependencies]` and the like, and the
// dependencies of packages in its locks. Internal to this module: it shows toml++.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/toml_table.h"
#include "flowstone/project/poetry_constraint.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"

namespace flowstone::project {

struct PoetryRequirement {
  pypi::Name name;
  PoetryConstraint constraint = {};
  std::vector<pypi::ExtraName> extras = {};
  pypi::Marker marker = {};
  bool is_optional = false;  // only with an extra that lists it
};

// What pyproject.toml asks for.
struct PoetryRoots {
  std::vector<PoetryRequirement> main = {};
  std::map<pypi::GroupName, std::vector<PoetryRequirement>> groups = {};
  std::set<pypi::GroupName> optional_groups = {};
  std::map<pypi::ExtraName, std::vector<pypi::Name>> extras = {};
};

// NAME = "^1.2", NAME = { version = …, markers = … }, or a list of such; `python` is left out.
Result<std::vector<PoetryRequirement>> ReadPoetryRequirements(const lock::TomlTable& table);

// Of a whole pyproject.toml.
Result<PoetryRoots> ReadPoetryRoots(const lock::TomlTable& pyproject);

}  // namespace flowstone::project
