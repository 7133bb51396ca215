// The packages of a lock as WriteLock writes them, read without taking the text for any TOML: in
// less than half of the time, which is most of what using an environment that is there takes. It
// decides about nothing: what is written in any other way is left to the reader of TOML
// (lock_reader.h).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "flowstone/lock/lock.h"

namespace flowstone::lock {

// A lock in three parts, views of its text.
struct LockParts {
  std::string_view head;      // what stands before the first package
  std::string_view packages;  // one after the other
  std::string_view tail;      // [tool.flowstone] and what belongs to it; may be empty
};

// Nothing for a lock without packages or of a form that WriteLock does not write.
std::optional<LockParts> PartsOfLock(std::string_view text);

// Nothing unless all are sound and from an index, in the form of WriteLock. Who uses them writes
// the lock again, and compares: that proves that nothing was read in another sense.
std::optional<std::vector<LockedPackage>> ReadCanonicalPackages(std::string_view text);

}  // namespace flowstone::lock
