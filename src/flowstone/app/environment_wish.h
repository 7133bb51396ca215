// EnvironmentWish: what the decorators of a step ask of its environment, merged and checked, before
// anything is resolved. Pure.
//
// `@pypi_base` gives every step a wish; `@pypi` of the step overrides it package by package, its
// Python and its `disabled`. Names are compared normalised (PEP 503). Versions follow Metaflow's
// rules: "1.2.3" means ==1.2.3, "" any version, and a text that starts with an operator is taken as
// it is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/flow/description.h"
#include "flowstone/pypi/requirement.h"

namespace flowstone::app {

// `--environment`.
enum class EnvironmentChoice : std::uint8_t {
  kDeclared,  // not given: steps with @pypi get an environment, others the launching interpreter
  kEvery,     // pypi: every step gets one
  kNone,      // local: no step gets one
};

struct EnvironmentWish {
  std::string python = {};  // as asked for, such as "3.11"; empty: like the launching interpreter's
  std::vector<pypi::Requirement> requirements = {};  // sorted by name
  friend bool operator==(const EnvironmentWish&, const EnvironmentWish&) = default;
};

// One requirement from a key and a value of `packages`: ("pandas", "2.2.3"), ("pkg[extra]", ">=1"),
// ("pkg", "@ https://…").
Result<pypi::Requirement> RequirementFromPackage(const std::string& key,
                                                 const std::string& version);

// By step; nothing for a step that runs in the launching interpreter. Errors name step and line.
Result<std::map<std::string, std::optional<EnvironmentWish>>> EnvironmentWishes(
    const flow::FlowDescription& flow, EnvironmentChoice choice);

// Steps whose @pypi is switched off by the choice kNone: for the notice that says so.
std::vector<std::string> StepsThatWantEnvironments(const flow::FlowDescription& flow);

}  // namespace flowstone::app
