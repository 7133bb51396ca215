// The options of `flowstone lock` that say what is locked and how versions are chosen, with their
// variables. Lists in variables are separated by white space, as pip and uv have them.
#pragma once

#include <array>

#include "flowstone/app/lock_inputs.h"
#include "flowstone/app/lock_policies.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/engine_command_line.h"

namespace flowstone::cli {

// Keys of the option table.
inline constexpr std::array kLockInputOptions = {
    "requirements", "editable", "constraint", "override",  "build-constraint",
    "exclude",      "group",    "extra",      "all-extras"};
inline constexpr std::array kLockPolicyOptions = {
    "compat",      "resolution",       "prerelease",
    "pre",         "exclude-newer",    "exclude-newer-package",
    "only-binary", "no-binary",        "no-binary-package",
    "no-build",    "no-build-package", "require-hashes"};

// `pip_constraints` are the files that the configuration of pip names. kInvalid names the option.
Result<app::LockInputSpec> LockInputsOf(const EngineSession& session,
                                        const std::vector<std::string>& pip_constraints);
Result<app::LockPolicyWish> LockPoliciesOf(const EngineSession& session);

}  // namespace flowstone::cli
