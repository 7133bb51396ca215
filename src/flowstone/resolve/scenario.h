// Scenario: a small universe of packages, what is asked of it, and what must come out, read from
// TOML. The shape is that of the packse corpus, with keys of our own: tests/scenarios/README.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/resolve/memory_source.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"

namespace flowstone::resolve {

struct Scenario {
  std::string name;
  MemorySource source;
  ResolveRequest request;
  ResolveOptions options;

  bool is_satisfiable = true;
  std::optional<std::map<std::string, std::string>> packages = {};  // name → version
  std::optional<std::vector<std::string>> reasons = {};             // of the conflict
  std::optional<std::vector<std::string>> hints = {};               // the same
  std::optional<std::vector<std::string>> warnings = {};

  // Whether the corpus means another way of resolving than ours.
  bool is_universal = false;
};

// What a scenario does not say.
struct ScenarioDefaults {
  Compatibility tool = Compatibility::kUv;
  BinaryPolicy binaries = BinaryPolicy::kOnlyWheels;
};

Result<Scenario> ReadScenario(std::string_view text, const ScenarioDefaults& defaults = {});

// The paths of the scenarios in a directory and those below it, sorted.
Result<std::vector<std::string>> FindScenarios(const std::string& directory);

// What differs from what is expected; empty when nothing does.
std::string RunScenario(Scenario& scenario);

// CPython on Linux with glibc 2.36, "3.12" or "3.12.4".
pypi::Target LinuxTarget(std::string_view python);
// CPython on a platform that uv names: "linux", "windows", "macos", "x86_64-manylinux2014",
// "aarch64-manylinux_2_28".
Result<pypi::Target> PlatformTarget(std::string_view python, std::string_view platform);

}  // namespace flowstone::resolve
