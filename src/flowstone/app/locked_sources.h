// LockedSources: what of a lock has to be built before it can be installed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flowstone/app/source_builds.h"
#include "flowstone/base/result.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/pypi/target.h"
#include "flowstone/resolve/policies.h"

namespace flowstone::app {

enum class SourceUse : std::uint8_t {
  kBuild,  // what is not there
  kFind,   // nothing: no side effects
};

// A copy of the lock in which everything that `target` needs has a wheel. Nothing with kFind when
// one would have to be built. What the lock has from a place of its own was named by somebody and
// may be built; sdists of indexes only where `binaries` says so: kInvalid with the option that
// allows it.
Result<std::optional<lock::Lock>> WithBuiltWheels(const lock::Lock& lock,
                                                  const pypi::Target& target,
                                                  const lock::SelectOptions& selection,
                                                  const std::string& lock_directory,
                                                  const resolve::BinaryPolicies& binaries,
                                                  SourceBuilds& builds, SourceUse use);

}  // namespace flowstone::app
