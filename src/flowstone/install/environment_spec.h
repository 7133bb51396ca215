// EnvironmentSpec: what an environment is to consist of, and the identity that follows from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/install/bytecode_use.h"
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
  // kCompile: the environment has the bytecode of all its packages, which makes it another one than
  // that which has what there was when it was made.
  BytecodeUse bytecode = BytecodeUse::kWhereThere;
};

// The sha256 of a canonical JSON document (docs/formats/environment.md) of the layout version, the
// interpreter's identity, the packages (name, wheel digest, whether it was requested and whether it
// came from a URL) and whether bytecode was asked for. No path and no location enters.
Digest EnvironmentId(const EnvironmentSpec& spec);

}  // namespace flowstone::install
