// EnvironmentSpec: what an environment is to consist of, and the identity that follows from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/install/environment_plan.h"
#include "flowstone/install/interpreter.h"
#include "flowstone/install/wheel_artifact.h"

namespace flowstone::install {

struct EnvironmentPackage {
  WheelArtifact wheel;
  Wish wish = Wish::kDependency;
  std::optional<std::string> direct_url;  // content of direct_url.json
};

struct EnvironmentSpec {
  Interpreter interpreter;
  std::vector<EnvironmentPackage> packages;  // in any order, each name once
};

// The sha256 of a canonical JSON document of layout version, interpreter identity and packages
// (name, version, wheel digest, wish, direct URL). Where wheels come from and where the interpreter
// lies do not enter.
Digest EnvironmentId(const EnvironmentSpec& spec);

}  // namespace flowstone::install
