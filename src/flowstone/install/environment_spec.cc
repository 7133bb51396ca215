#include "flowstone/install/environment_spec.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "flowstone/base/text.h"

namespace flowstone::install {
namespace {

// To be raised when the same spec gives a different tree.
constexpr int kLayoutVersion = 1;

std::string JsonText(const std::string& text) {
  return nlohmann::json(text).dump();
}

const char* TruthWord(bool value) {
  return value ? "true" : "false";
}

std::string PackageText(const EnvironmentPackage& package) {
  std::string text = R"({"direct":)";
  text.append(TruthWord(package.direct_url.has_value()));
  text.append(R"(,"name":)").append(JsonText(package.wheel.name));
  text.append(R"(,"requested":)").append(TruthWord(package.wish == Wish::kRequested));
  text.append(R"(,"version":)").append(JsonText(package.wheel.version));
  text.append(R"(,"wheel":")").append(package.wheel.digest.ToString()).append("\"}");
  return text;
}

}  // namespace

// Written here and not by a library, which takes ten times as long over a hundred packages as
// everything else that is done with an environment that is there.
Digest EnvironmentId(const EnvironmentSpec& spec) {
  std::vector<std::string> packages;
  packages.reserve(spec.packages.size());
  for (const EnvironmentPackage& package : spec.packages) {
    packages.push_back(PackageText(package));
  }
  std::ranges::sort(packages);
  std::string text = "{";
  if (spec.bytecode == BytecodeUse::kCompile) {
    text.append(R"("bytecode":true,)");
  }
  text.append(R"("interpreter":")").append(spec.interpreter.identity.ToString());
  text.append(R"(","layout":)").append(std::to_string(kLayoutVersion));
  text.append(R"(,"packages":[)").append(JoinText(packages, ",")).append("]}");
  return Digest::Of(text);
}

}  // namespace flowstone::install
