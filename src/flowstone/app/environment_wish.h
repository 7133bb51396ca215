// EnvironmentWish: what the decorators of a step ask of its environment, merged and checked, before
// anything is read or resolved. Pure.
//
// `@pypi_base` gives every step a wish. `@pypi` of the step adds to it: its packages override those
// of the base one by one, and each other argument that it gives replaces the base's. Names are
// compared normalised (PEP 503). Versions follow Metaflow's rules: "1.2.3" means ==1.2.3, "" any
// version, and a text that starts with an operator is taken as it is.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/flow/description.h"
#include "flowstone/project/uv_table.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/target_platform.h"
#include "flowstone/resolve/request.h"

namespace flowstone::app {

// `--environment`.
enum class EnvironmentChoice : std::uint8_t {
  kDeclared,  // not given: steps with @pypi get an environment, others the launching interpreter
  kEvery,     // pypi: every step gets one
  kNone,      // local: no step gets one
};

// The indexes that a decorator names instead of the configured ones.
struct IndexWish {
  std::optional<std::string> index_url = {};
  std::vector<std::string> extra_index_urls = {};

  friend auto operator<=>(const IndexWish&, const IndexWish&) = default;
};

// Whether a lock for several platforms holds for the interpreter's own.
enum class OwnPlatform : std::uint8_t { kIncluded, kLeftOut };

struct EnvironmentWish {
  std::string python = {};  // as asked for, such as "3.11"; empty: like the launching interpreter's
  // Sorted by name. An empty origin stands for the step or whoever has the wish.
  std::vector<resolve::RequestedRequirement> requirements = {};
  std::vector<resolve::RequestedRequirement> constraints = {};
  std::vector<resolve::RequestedRequirement> overrides = {};
  std::vector<pypi::Name> excludes = {};
  std::optional<std::int64_t> exclude_newer_us = {};  // instead of the one of the settings
  IndexWish indexes = {};
  std::vector<project::IndexChoice> index_choices = {};  // of single projects
  resolve::BuildWish builds = {};                        // in addition to that of the settings
  // Further platforms that the lock is to hold for, besides the interpreter's or instead of it.
  std::vector<pypi::TargetPlatform> platforms = {};
  OwnPlatform own_platform = OwnPlatform::kIncluded;
  // Of those platforms, where it is not the interpreter's.
  std::optional<pypi::Version> platform_python = {};
  // All environments instead.
  std::optional<resolve::UniversalWish> universal = {};
  // Files that the decorators name, as written there, and what to take of them.
  std::string requirements_file = {};
  std::string lock_file = {};
  std::vector<pypi::GroupName> groups = {};
  std::vector<pypi::ExtraName> extras = {};
  friend bool operator==(const EnvironmentWish&, const EnvironmentWish&) = default;
};

// One requirement from a key and a value of `packages`: ("pandas", "2.2.3"), ("pkg[extra]", ">=1"),
// ("pkg", "@ https://…").
Result<pypi::Requirement> RequirementFromPackage(const std::string& key,
                                                 const std::string& version);

// Who asks for the environment of the step: "step train (@pypi, flow.py:12)".
std::string AskerOf(const flow::FlowDescription& flow, const std::string& step);

// By step; nothing for a step that runs in the launching interpreter. Errors name step and line.
Result<std::map<std::string, std::optional<EnvironmentWish>>> EnvironmentWishes(
    const flow::FlowDescription& flow, EnvironmentChoice choice);

// Steps whose @pypi is switched off by the choice kNone: for the notice that says so.
std::vector<std::string> StepsThatWantEnvironments(const flow::FlowDescription& flow);

}  // namespace flowstone::app
