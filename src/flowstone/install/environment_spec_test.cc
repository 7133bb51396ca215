#include "flowstone/install/environment_spec.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace flowstone::install {
namespace {

EnvironmentPackage PackageOf(const std::string& name, const std::string& version, Wish wish) {
  EnvironmentPackage package;
  package.wheel.name = name;
  package.wheel.version = version;
  package.wheel.digest = Digest::Of(name + version);
  package.wish = wish;
  return package;
}

EnvironmentSpec SampleSpec() {
  EnvironmentSpec spec;
  spec.interpreter.identity = Digest::Of("python");
  spec.packages = {PackageOf("demo-extra", "1.0+local.1", Wish::kDependency),
                   PackageOf("demo", "2!1.0", Wish::kRequested),
                   PackageOf("odd", "\"1\\é\n", Wish::kDependency)};
  spec.packages[1].direct_url = "{}";
  return spec;
}

// As docs/formats/environment.md has it: nlohmann::json keeps keys sorted.
Digest IdOfDocument(const EnvironmentSpec& spec) {
  std::vector<nlohmann::json> packages;
  packages.reserve(spec.packages.size());
  for (const EnvironmentPackage& package : spec.packages) {
    packages.push_back({{"direct", package.direct_url.has_value()},
                        {"name", package.wheel.name},
                        {"requested", package.wish == Wish::kRequested},
                        {"version", package.wheel.version},
                        {"wheel", package.wheel.digest.ToString()}});
  }
  std::ranges::sort(packages, {}, [](const nlohmann::json& package) { return package.dump(); });
  nlohmann::json document = {
      {"interpreter", spec.interpreter.identity.ToString()}, {"layout", 1}, {"packages", packages}};
  if (spec.bytecode == BytecodeUse::kCompile) {
    document["bytecode"] = true;
  }
  return Digest::Of(document.dump());
}

TEST(EnvironmentId, IsTheDigestOfTheCanonicalDocument) {
  EnvironmentSpec spec = SampleSpec();
  EXPECT_EQ(EnvironmentId(spec), IdOfDocument(spec));
  spec.bytecode = BytecodeUse::kCompile;
  EXPECT_EQ(EnvironmentId(spec), IdOfDocument(spec));
  EXPECT_EQ(EnvironmentId({}), IdOfDocument({}));
}

}  // namespace
}  // namespace flowstone::install
