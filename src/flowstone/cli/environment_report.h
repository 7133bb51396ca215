// What `sync` and `exec` tell about the environment that they made or found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flowstone/app/environment_service.h"
#include "flowstone/install/environment_builder.h"

namespace flowstone::cli {

// "42 packages, 38 from cache, 4 downloaded (118.0 MB), environment 3f2a5b0c1d2e in 0.8 s".
std::string EnvironmentSummary(const install::Environment& environment, std::int64_t elapsed_ns);

// What was decided and why, a line each: the Python, which packages of the lock, where each of them
// came from, how they stand in the environment.
std::vector<std::string> EnvironmentDecisions(const app::LockedEnvironment& locked,
                                              const install::Environment& environment);

}  // namespace flowstone::cli
