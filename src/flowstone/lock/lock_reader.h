// ParseLock: reads a `pylock.toml`, whichever tool wrote it, and checks all of it: required keys,
// types, names, versions, markers, the sources of each package, file names against package names,
// hashes. Keys that PEP 751 does not know are ignored, as it demands.
#pragma once

#include <optional>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/lock/lock.h"
#include "flowstone/pypi/specifier.h"

namespace flowstone::lock {

// kInvalid, naming line, table and key, for text that is not a valid lock of version 1.
Result<Lock> ParseLock(std::string_view text);

// The `requires-python` of a lock without reading the lock: nothing when that takes a parser, and
// when ParseLock would refuse it.
std::optional<pypi::SpecifierSet> WrittenPython(std::string_view text);

// Whether a file of that name is a lock file: "pylock.toml" or "pylock.NAME.toml".
bool IsLockFileName(std::string_view file_name);

}  // namespace flowstone::lock
