// The options that say what is locked and how versions are chosen, with their variables: those of
// `flowstone lock`, and those of them that hold for the environments of a flow as well. Lists in
// variables are separated by white space, as pip and uv have them.
#pragma once

#include <array>

#include "flowstone/app/lock_inputs.h"
#include "flowstone/app/lock_policies.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/argument_parser.h"
#include "flowstone/os/environment.h"

namespace flowstone::cli {

// Keys of the option table.
inline constexpr std::array kLockInputOptions = {
    "requirements", "editable", "constraint", "override", "build-constraint",
    "exclude",      "excludes", "group",      "extra",    "all-extras"};
inline constexpr std::array kLockPolicyOptions = {"compat",
                                                  "resolution",
                                                  "prerelease",
                                                  "pre",
                                                  "prerelease-package",
                                                  "exclude-newer",
                                                  "exclude-newer-package",
                                                  "only-binary",
                                                  "no-binary",
                                                  "no-binary-package",
                                                  "no-build",
                                                  "no-build-package",
                                                  "require-hashes"};

// What restricts and replaces the requirements of others.
inline constexpr std::array kLockRuleOptions = {"constraint", "override", "build-constraint",
                                                "exclude", "excludes"};

// `pip_constraints` are the files that the configuration of pip names. kInvalid names the option.
Result<app::LockInputSpec> LockInputsOf(const ParsedArguments& arguments,
                                        const os::Environment& environment,
                                        const std::vector<std::string>& pip_constraints);
Result<app::LockPolicyWish> LockPoliciesOf(const ParsedArguments& arguments,
                                           const os::Environment& environment);

}  // namespace flowstone::cli
