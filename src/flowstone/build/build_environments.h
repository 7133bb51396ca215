// BuildEnvironments: where backends run. The seam between building, which needs environments, and
// the application, which can resolve and install them.
#pragma once

#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/pypi/requirement.h"

namespace flowstone::build {

struct BuildEnvironment {
  std::string python;     // of the environment: run this
  std::string directory;  // of the environment
  // What else has to be readable for its Python to run: the installation behind it.
  std::vector<std::string> roots = {};
};

class BuildEnvironments {
 public:
  virtual ~BuildEnvironments() = default;
  // What the interpreter of all environments is: part of the identity of what is built.
  virtual Digest Interpreter() = 0;
  // The identity of what the requirements resolve to. Asked again, it is the same.
  virtual Result<Digest> Lock(const std::vector<pypi::Requirement>& requirements) = 0;
  // An environment that holds them, and nothing else.
  virtual Result<BuildEnvironment> Provide(const std::vector<pypi::Requirement>& requirements) = 0;
};

}  // namespace flowstone::build
