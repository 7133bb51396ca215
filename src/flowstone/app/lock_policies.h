// LockPolicies: how versions and files are chosen, from everybody who has a say: the command line,
// its variables and what the project says instead of it, then requirements files, then `[tool.uv]`,
// then the configuration of pip, then the preset of `--compat`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/lock_inputs.h"
#include "flowstone/base/result.h"
#include "flowstone/index/index_settings.h"
#include "flowstone/project/name_choice.h"
#include "flowstone/resolve/policies.h"

namespace flowstone::app {

// What the command line says; what is absent is left to the others.
struct LockPolicyWish {
  std::optional<resolve::Compatibility> compat = {};
  std::optional<std::string> resolution = {};
  std::optional<std::string> prerelease = {};
  std::map<pypi::Name, std::string> prerelease_package = {};
  std::optional<std::string> fork_strategy = {};  // of a lock for all environments
  std::optional<std::string> exclude_newer = {};
  std::map<pypi::Name, std::string> exclude_newer_package = {};  // "false": all files exist
  project::NameChoice binaries = {};  // first: only wheels; second: no wheels
  bool require_hashes = false;
  bool names_index_strategy = false;  // somebody chose one, so that a preset must not
  // By option, for messages, who said it, where that was not the command line.
  std::map<std::string, std::string> shown = {};

  std::string Shown(const std::string& option) const {
    const auto found = shown.find(option);
    return found == shown.end() ? "--" + option : found->second;
  }
};

// Puts them into the settings. `now_us` is what durations count from. Returns sentences about what
// has no effect here. kInvalid, naming who said it, for a policy that does not exist or is not
// supported.
Result<std::vector<std::string>> ApplyLockPolicies(const LockPolicyWish& wish,
                                                   const LockInputs& inputs,
                                                   const index::PipChoices& pip,
                                                   std::int64_t now_us,
                                                   EnvironmentSettings& settings);

// Of what `--exclude-newer` or a table says.
resolve::CutOffKind CutOffKindOf(const std::string& text);

}  // namespace flowstone::app
