#include "flowstone/install/environment_spec.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace flowstone::install {
namespace {

// To be raised when the same spec gives a different tree.
constexpr int kLayoutVersion = 1;

}  // namespace

Digest EnvironmentId(const EnvironmentSpec& spec) {
  // nlohmann::json keeps keys sorted, which makes the text canonical.
  std::vector<nlohmann::json> packages;
  packages.reserve(spec.packages.size());
  for (const EnvironmentPackage& package : spec.packages) {
    packages.push_back({{"direct", package.direct_url.has_value()},
                        {"name", package.wheel.name},
                        {"requested", package.wish == Wish::kRequested},
                        {"version", package.wheel.version},
                        {"wheel", package.wheel.digest.ToString()}});
  }
  std::ranges::sort(packages);
  nlohmann::json document = {{"interpreter", spec.interpreter.identity.ToString()},
                             {"layout", kLayoutVersion},
                             {"packages", packages}};
  if (spec.bytecode == BytecodeUse::kCompile) {
    document["bytecode"] = true;
  }
  return Digest::Of(document.dump());
}

}  // namespace flowstone::install
